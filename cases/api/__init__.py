"""REST API of cases."""

routes: list = []
