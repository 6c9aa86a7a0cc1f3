// SPDX-License-Identifier: Apache-2.0

package cmdline

import (
	"bytes"
	"errors"
	"flag"
	"strings"
	"testing"
)

func flags() *flag.FlagSet {
	f := New("test")
	f.String("config", "", "`file` to read")
	f.Bool("json", false, "")
	f.Duration("interval", 0, "")
	f.Uint("port", 0, "")
	f.Int("lines", 0, "")
	f.Func("level", "", func(string) error { return errors.New("it is no level: really") })
	return f
}

func TestAMistakeIsAnsweredInWords(t *testing.T) {
	for typed, want := range map[string]string{
		"--nonsense":      "there is no flag --nonsense",
		"--confg":         "there is no flag --confg; did you mean --config?",
		"-x":              "there is no flag -x",
		"--config":        "--config takes a value: FILE",
		"--json=perhaps":  `--json takes nothing, or true or false, not "perhaps"`,
		"--interval=soon": `--interval takes a time such as 90s or 5m, not "soon"`,
		"--interval=a: b": `--interval takes a time such as 90s or 5m, not "a: b"`,
		"--port=-1":       `--port takes a whole number that is not negative, not "-1"`,
		"--lines=x":       `--lines takes a whole number, not "x"`,
		"--level=loud":    `--level does not take "loud": it is no level: really`,
		"--=x":            `"--=x" is not a flag`,
	} {
		if err := Parse(flags(), []string{typed}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", typed, err, want)
		}
	}
	if err := Parse(flags(), []string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help: %v", err)
	}
}

func TestASmallProgramBegins(t *testing.T) {
	for typed, want := range map[string]struct {
		code   int
		done   bool
		stdout string
		stderr string
	}{
		"--json x": {0, false, "", ""},
		"":         {2, true, "", "test: NAME is missing\nsee test --help\n"},
		"x y":      {2, true, "", "test: unexpected argument \"y\"\nsee test --help\n"},
		"--wrong":  {2, true, "", "test: there is no flag --wrong\nsee test --help\n"},
		"--help":   {0, true, "usage: test [OPTION…] NAME\n\n  -config file\n", ""},
	} {
		var stdout, stderr bytes.Buffer
		code, done := Begin(flags(), strings.Fields(typed), "NAME", 1, &stdout, &stderr)
		if code != want.code || done != want.done || !strings.HasPrefix(stdout.String(), want.stdout) || stderr.String() != want.stderr {
			t.Errorf("%q: %d, %t, %q, %q", typed, code, done, stdout.String(), stderr.String())
		}
	}
}
