"""The judge: tests anyone's RNN or LSTM and says whether it is right, wrong, or could not be judged."""
