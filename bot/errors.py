"""The errors that stop a start: each says what is wrong, where, and what to do."""


class DataError(Exception):
    """A data file is broken: the message begins with file and line."""


class SettingsError(Exception):
    """A setting is missing or wrong: the message names every one."""
