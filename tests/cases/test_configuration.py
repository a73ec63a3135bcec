"""`wattyard.toml`: where it is found, what wins over it, and what is said of a mistake."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wattyard.platform.settings import SettingInvalid, Settings, Traced

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I="


@pytest.fixture(autouse=True)
def here(tmp_path: Path) -> Iterator[Path]:
    """Work in an empty folder, without a variable of this server."""
    folder = tmp_path / "here"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ:
            if name.startswith("WATTYARD_"):
                patch.delenv(name)
        yield folder


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def refused(text: str, **variables: str) -> str:
    """What is said of a configuration file with a text."""
    written(Path("wattyard.toml"), text)
    with pytest.raises(SettingInvalid) as fault:
        Settings.read(variables)
    return str(fault.value)


def shown(traced: Traced, name: str) -> tuple[object, str]:
    return getattr(traced.settings, name), traced.origins[name].shown


def test_an_option_wins_over_a_variable_that_over_the_file_and_that_over_the_default() -> None:
    text = "host = '10.0.0.1'\nport = 1\nworkers = 2\nconnections = 3\n"
    written(Path("wattyard.toml"), text)
    variables = {"WATTYARD_PORT": "4", "WATTYARD_WORKERS": "5"}
    found = Settings.traced(variables, workers=6, host=None)

    assert shown(found, "workers") == (6, "--workers")
    assert shown(found, "port") == (4, "WATTYARD_PORT")
    assert shown(found, "connections") == (3, "wattyard.toml, line 4")
    assert shown(found, "host") == ("10.0.0.1", "wattyard.toml, line 1")
    assert "rate_limit" not in found.origins


def test_one_file_is_read_the_named_one_else_the_nearest(tmp_path: Path) -> None:
    named = written(tmp_path / "etc" / "named.toml", "port = 1")
    data = written(tmp_path / "data" / "wattyard.toml", "port = 3\nworkers = 2").parent
    assert Settings.read({"WATTYARD_DATA": str(data)}).port == 3
    assert Settings.read({}, data=data).port == 3
    here = written(Path("wattyard.toml"), "port = 2")
    both = Settings.traced({"WATTYARD_DATA": str(data)})
    assert (both.settings.port, both.settings.workers, both.file) == (2, 1, here)
    assert Settings.read({"WATTYARD_CONFIG": str(named)}).port == 1
    assert Settings.read({"WATTYARD_CONFIG": ""}).port == 8080
    here.unlink()
    written(Path("wattyard-data/wattyard.toml"), "port = 4")
    assert Settings.read({}).port == 4


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    path = tmp_path / "absent.toml"
    with pytest.raises(SettingInvalid, match=f"{path} cannot be read: No such file"):
        Settings.read({"WATTYARD_CONFIG": str(path)})


def test_lists_may_be_arrays_and_flags_true_or_false() -> None:
    written(
        Path("wattyard.toml"),
        'trusted_proxies = ["10.0.0.0/8", "fd00::/8"]\ncors_origins = "https://a.example"\n'
        "worker = false\ndashboard = true\n",
    )
    found = Settings.read({})

    assert found.trusted_proxies == "10.0.0.0/8,fd00::/8"
    assert found.cors_origins == "https://a.example"
    assert (found.worker, found.dashboard) == (0, 1)


def test_paths_begin_at_the_folder_of_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    written(folder / "database", "postgresql://user:secret@db/wattyard\n")
    file = written(
        folder / "wattyard.toml",
        'data = "data"\nencryption_key_file = "key"\ndatabase_file = "database"\n',
    )
    found = Settings.traced({"WATTYARD_CONFIG": str(file)})

    assert found.settings.data == folder / "data"
    assert found.settings.encryption_key_file == str(folder / "key")
    assert found.settings.database == "postgresql://user:secret@db/wattyard"
    assert found.origins["database"].shown == f"{file}, line 3"


def test_a_variable_with_either_name_of_a_secret_wins_over_both_in_the_file(tmp_path: Path) -> None:
    token = written(tmp_path / "token", "from a file\n")
    written(Path("wattyard.toml"), f'metrics_token = "inline"\nencryption_key = "{SECRET}"\n')
    variables = {"WATTYARD_METRICS_TOKEN_FILE": str(token), "WATTYARD_ENCRYPTION_KEY_FILE": "key"}
    found = Settings.traced(variables)

    assert shown(found, "metrics_token") == ("from a file", "WATTYARD_METRICS_TOKEN_FILE")
    assert (found.settings.encryption_key, found.settings.encryption_key_file) == ("", "key")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\nprot = 80", "wattyard.toml, line 2: there is no setting prot; did you mean port?"),
        ("max-connections = 5", "line 1: there is no setting max-connections; did you mean max_"),
        ("[server]\nport = 1", "wattyard.toml, line 1: there is no table server"),
        ("gardening = 1", "wattyard.toml, line 1: there is no setting gardening"),
        ("worker_turn = 'x'", "line 1: there is no setting worker_turn"),
        ('port = "80"', "line 1: port must be a whole number, without quotes; got '80'"),
        ("port = true", "line 1: port must be a whole number, without quotes; got True"),
        ("workers = 1.5", "line 1: workers must be a whole number, without quotes; got 1.5"),
        ("host = 1", "wattyard.toml, line 1: host must be text in quotes; got 1"),
        ("trusted_proxies = [1]", "must be text in quotes, or an array of such; got [1]"),
        ("host = ['a']", "line 1: host must be text in quotes; got ['a']"),
        ("# a\nport = 99999", "wattyard.toml, line 2: port must be 0 to 65535; got 99999"),
        ("worker = 2", "wattyard.toml, line 1: worker must be 0 or 1; got 2"),
        ("event_days = 1", "wattyard.toml, line 1: event_days must be 30 or more; got 1"),
        ("log_level = 'loud'", "line 1: log_level must be debug, info, warning or error; got loud"),
        ("trusted_proxies = ['a']", "line 1: trusted_proxies must list networks such as"),
        ("public_url = 'a'", "line 1: public_url must be the address at which people find"),
        ("port = \n", "wattyard.toml, line 1: this is not TOML: Invalid value"),
        (
            "port = 1\nport = 2\n",
            "wattyard.toml, line 2: this is not TOML: Cannot overwrite a value",
        ),
        ("host = 'a", "wattyard.toml, at its end: this is not TOML"),
        (
            "database = 'a'\ndatabase_file = 'b'",
            "database_file and database cannot be used together",
        ),
        ("metrics_token_file = 'b'", "line 1: metrics_token_file: b cannot be read: No such file"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_line_and_key(text: str, said: str) -> None:
    sentence = refused(text)

    assert said in sentence
    assert "\n" not in sentence


def test_a_file_that_is_not_text_is_named() -> None:
    Path("wattyard.toml").write_bytes(b"host = '\xff'")
    with pytest.raises(SettingInvalid, match=r"wattyard\.toml cannot be read: it is not UTF-8"):
        Settings.read({})


@pytest.mark.parametrize("name", ["database", "metrics_token", "encryption_key"])
def test_a_secret_of_a_wrong_type_is_not_repeated(name: str) -> None:
    assert "12345" not in refused(f"{name} = 12345")


def test_a_mistake_in_a_variable_or_an_option_is_named_so() -> None:
    written(Path("wattyard.toml"), "workers = 2")
    with pytest.raises(SettingInvalid, match=r"^WATTYARD_WORKERS must be 1 to 256; got 0$"):
        Settings.read({"WATTYARD_WORKERS": "0"})
    with pytest.raises(SettingInvalid, match=r"^--drain-seconds must be 0 or more; got -1$"):
        Settings.read({}, drain_seconds=-1)
    with pytest.raises(SettingInvalid, match=r"^WATTYARD_PORT must be a whole number; got 'x'$"):
        Settings.read({"WATTYARD_PORT": "x"})


def test_a_file_of_the_data_folder_cannot_move_the_data_folder(tmp_path: Path) -> None:
    written(tmp_path / "wattyard.toml", 'data = "elsewhere"')
    with pytest.raises(
        SettingInvalid, match="line 1: data cannot be set in the configuration of a"
    ):
        Settings.read({"WATTYARD_DATA": str(tmp_path)})


def test_a_file_that_others_may_have_put_here_is_refused_unless_it_is_named() -> None:
    path = written(Path("wattyard.toml"), "port = 1")
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    with pytest.raises(SettingInvalid, match="can be written by other users and was not read"):
        Settings.read({})

    assert Settings.read({"WATTYARD_CONFIG": "wattyard.toml"}).port == 1


@pytest.mark.parametrize("variables", [{}, {"WATTYARD_DATA": "wattyard-data"}])
def test_so_is_one_in_the_data_folder_to_which_everybody_may_write(
    variables: dict[str, str],
) -> None:
    path = written(Path("wattyard-data/wattyard.toml"), "port = 1")
    path.chmod(path.stat().st_mode | stat.S_IWOTH)
    with pytest.raises(SettingInvalid, match="can be written by other users and was not read"):
        Settings.read(variables)

    path.chmod(0o664)
    assert Settings.read(variables).port == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_another_users_file_is_read_in_a_data_folder_that_is_named() -> None:
    path = written(Path("wattyard-data/wattyard.toml"), "port = 1")
    os.chown(path, 65534, 65534)
    with pytest.raises(SettingInvalid, match="can be written by other users and was not read"):
        Settings.read({})

    assert Settings.read({}, data=Path("wattyard-data")).port == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_folders_that_may_not_be_entered_have_no_file(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    written(closed / "wattyard.toml", "port = 1")
    closed.chmod(0o700)
    asked = (
        "import os, sys; os.chdir(sys.argv[1]); os.seteuid(65534);"
        "from wattyard.platform import configuration as c; from pathlib import Path;"
        "print(c.find({}, Path(sys.argv[1])) in (None, c.FIXED[1]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import wattyard.platform.configuration; {asked}", str(closed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "True\n", done.stderr


def test_a_worker_process_is_handed_the_settings_and_reads_no_file(tmp_path: Path) -> None:
    secret = written(tmp_path / "database", "postgresql://db/wattyard")
    written(Path("wattyard.toml"), f"port = 7\nworkers = 2\ndatabase_file = '{secret}'")
    environment = {"WATTYARD_METRICS_TOKEN_FILE": str(secret)}
    settings = Settings.read(environment, workers=3)
    settings.hand_over(environment)
    written(Path("wattyard.toml"), "not TOML any more")

    assert Settings.read(environment) == settings
