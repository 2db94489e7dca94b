"""`helpdesk` is the repository of a user, whose tests are run by `test_a_user_s_repository.py`."""

collect_ignore = ["helpdesk"]
