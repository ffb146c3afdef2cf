"""What the shells complete, and the manual page, by the shells and the formatter themselves."""
import re
import subprocess
import tempfile
import unittest

from harness import run_to_end


def certes(*words, environment=None):
    status, out, error = run_to_end(*words, environment=environment)
    assert status == 0, error
    return out


class Operator(unittest.TestCase):
    """Lines that are typed, the last word not to its end; and what they may become."""
    LINES = {
        ("endpo",): {"endpoints"},
        ("endpoints", "pu"): {"purge"},
        ("endpoints", "purge", "--pri"): {"--priority"},
        ("endpoints", "purge", "billing", "--priority", ""): {"critical", "high", "normal", "low", "bulk"},
        ("completion", ""): {"bash", "zsh", "fish"},
        ("relay", "rejected", "re"): {"retry"},
        ("serve", "--dev", "--log-fo"): {"--log-format"},
    }

    def completed(self, shell, *options, script):
        # As a file: an argument may not be as long.
        with tempfile.NamedTemporaryFile("w", suffix="." + shell) as file:
            file.write(script)
            file.flush()
            done = subprocess.run([shell, *options, file.name], capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""), script)
        return done.stdout

    def test_bash(self):
        for line, expected in self.LINES.items():
            words = " ".join(f"'{word}'" for word in ("certes", *line))
            script = certes("completion", "bash") + f'COMP_WORDS=({words}); COMP_CWD={len(line)}; _certes; printf "%s\\n" "${{COMPREPLY[@]}}"\n'
            with self.subTest(line):
                self.assertEqual(set(self.completed("bash", script=script).split()), expected)

    def test_zsh(self):
        # Its own functions say what they are given.
        said = ('_describe() { local list="${@[-1]}"; local -a all=("${(@P)list}"); print -rl -- "${(@)all%%:*}" }\n'
                'compadd() { print -rl -- "${@[2,-1]}" }\n_files() { }\ncompdef() { }\n')
        for line, expected in self.LINES.items():
            words = " ".join(f"'{word}'" for word in ("certes", *line))
            script = said + certes("completion", "zsh") + f"words=({words}); CURRENT=$#words; _certes\n"
            with self.subTest(line):
                offered = {word for word in self.completed("zsh", "-f", script=script).split() if word.startswith(line[-1])}
                self.assertEqual(offered, expected)

    def test_fish(self):
        for line, expected in self.LINES.items():
            script = certes("completion", "fish") + f"complete -C 'certes {' '.join(line)}'\n"
            with self.subTest(line):
                self.assertEqual({one.split("\t")[0] for one in self.completed("fish", "--no-config", script=script).splitlines()}, expected)

    def test_the_manual_page_is_clean_and_names_every_command(self):
        page = certes("manual", environment={"SOURCE_DATE_EPOCH": "1767225600"})
        self.assertIn(".Dd January 1, 2026\n", page)
        done = subprocess.run(["mandoc", "-T", "lint", "-W", "all"], input=page, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        shown = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=100"], input=page, capture_output=True, text=True, timeout=60).stdout
        plain = re.sub(".\b", "", shown)
        for command in ("serve", "endpoints purge", "dead-letters replay", "relay rejected drop"):
            self.assertIn(f"certes {command} ", plain)
        self.assertIn("--priority critical|high|normal|low|bulk", plain)

    def test_help_is_a_command_and_what_is_none_names_the_nearest(self):
        self.assertEqual(certes("help", "endpoints", "purge"), certes("endpoints", "purge", "--help"))
        self.assertEqual(certes("help"), certes("--help"))
        for words, said in ((("endpints", "--help"), 'there is no command "endpints"; did you mean endpoints?'),
                            (("help", "endpoints", "purg"), 'certes endpoints: there is no command "purg"; did you mean purge?'),
                            (("endpoints", "purge", "billing", "--al"), "there is no option --al; did you mean --all?")):
            status, out, error = run_to_end(*words)
            self.assertEqual((status, out), (2, ""))
            self.assertIn(said, error)


if __name__ == "__main__":
    unittest.main(verbosity=2)
