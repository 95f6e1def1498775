"""The suites that come with gradparity, one TOML file each."""
