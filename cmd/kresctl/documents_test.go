// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// written finds the command lines of kresctl in a document: in `…`, and in lines that are
// indented or follow a prompt.
var written = regexp.MustCompile("(?m)`(?:sudo )?(kresctl [^`\n]*)`|^(?:    |\\$ )(?:sudo )?(kresctl .*)$")

// afterwards is what ends a command in a shell.
var afterwards = regexp.MustCompile(`\s*(?:\||>|<|;|&&|# | #).*`)

// TestCommandsInDocumentsAreCommands: whoever types what a document says gets no
// complaint about flags or arguments. It is parsed, and not run.
func TestCommandsInDocumentsAreCommands(t *testing.T) {
	lines := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/internals/*.md", "packaging/catalog/*", "packaging/man/*"} {
		names, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range written.FindAllStringSubmatch(string(text), -1) {
				line := m[1] + m[2]
				if strings.ContainsAny(line, "…[$({*") || strings.Contains(line, "COMMAND") {
					continue // a form, or for a shell
				}
				lines++
				if wrong := wrongLine(line); wrong != "" {
					t.Errorf("%s: %s: %s", name, line, wrong)
				}
			}
		}
	}
	if lines < 200 {
		t.Errorf("only %d command lines are found", lines)
	}
}

// wrongLine says what is wrong with a command line, "" for nothing.
func wrongLine(line string) string {
	var words []string
	for _, m := range regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`).FindAllStringSubmatch(afterwards.ReplaceAllString(line, ""), -1) {
		words = append(words, m[1]+m[2]+m[3])
	}
	cmd, args, err := (&app{}).root().Find(words[1:])
	if err != nil {
		return err.Error()
	}
	if err := cmd.ParseFlags(args); errors.Is(err, pflag.ErrHelp) {
		return ""
	} else if err != nil {
		return err.Error()
	}
	rest := cmd.Flags().Args()
	if cmd.HasSubCommands() && len(rest) > 0 {
		return "there is no such command"
	}
	if err := cmd.ValidateArgs(rest); err != nil && len(rest) > 0 { // else it is only named
		return err.Error()
	}
	return ""
}

func TestWrongCommandsInDocumentsAreFound(t *testing.T) {
	for line, want := range map[string]string{
		"kresctl status -q || systemctl status":                  "",
		"kresctl reload --confirm-within 5m -m 'new forwarders'": "",
		"kresctl config get -p /network/listen":                  "",
		"kresctl config get /network/listen --effective":         "for that: kresctl config get -p /network/listen",
		"kresctl reload --try":                                   "unknown flag",
		"kresctl cache empty":                                    "no such command",
		"kresctl confirm 5m":                                     "unexpected argument",
	} {
		if got := wrongLine(line); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
