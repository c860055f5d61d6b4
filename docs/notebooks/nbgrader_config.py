"""The configuration of nbgrader for these notebooks: what an exercise shows in place of a solution, and time limits."""

c = get_config()  # noqa: F821, defined by nbgrader

c.ClearSolutions.begin_solution_delimeter = "### BEGIN SOLUTION"
c.ClearSolutions.end_solution_delimeter = "### END SOLUTION"
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("TODO: replace this line by your own")'}
c.ClearSolutions.text_stub = "*Write your answer here.*"

# A cell that trains a model takes up to a minute on two cores; nbgrader would stop it after 30 seconds.
c.ExecutePreprocessor.timeout = 900
