// SPDX-License-Identifier: Apache-2.0

// Package commandlines holds the command lines in documents to the commands there are:
// whoever types what a document says gets no complaint about flags or arguments. They are
// parsed, and not run.
package commandlines

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Find returns the command lines of a program in a text: in `…`, in lines that are indented
// or follow a prompt, and in those of a fenced block. Forms, and what only a shell
// understands, are left out.
func Find(text, program string) (lines []string) {
	program = regexp.QuoteMeta(program)
	inline := regexp.MustCompile("`(?:sudo )?(" + program + " [^`]*)`")
	apart := regexp.MustCompile(`^(?:    |\$ )(?:sudo )?(` + program + ` .*)$`)
	fenced := regexp.MustCompile(`^(?:    |[$#] )?(?:sudo )?(` + program + ` .*)$`)
	fence := false
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "```") {
			fence = !fence
			continue
		}
		form := apart
		if fence {
			form = fenced
		}
		found := inline.FindAllStringSubmatch(line, -1)
		if m := form.FindStringSubmatch(line); m != nil {
			found = append(found, m)
		}
		for _, m := range found {
			if !strings.ContainsAny(m[1], "…[$({*") && !strings.Contains(m[1], "COMMAND") {
				lines = append(lines, m[1])
			}
		}
	}
	return lines
}

// afterwards is what ends a command in a shell.
var afterwards = regexp.MustCompile(`\s*(?:\||>|<|;|&&|# | #).*`)

var word = regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`)

// Wrong says what is wrong with a command line of a program whose commands are new, "" for
// nothing.
func Wrong(root *cobra.Command, line string) string {
	var words []string
	for _, m := range word.FindAllStringSubmatch(afterwards.ReplaceAllString(line, ""), -1) {
		words = append(words, m[1]+m[2]+m[3])
	}
	cmd, args, err := root.Find(words[1:])
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

// Hold fails a test for each command line of a program in files that is wrong, and where
// there are fewer than a number. The patterns are those of [filepath.Glob].
func Hold(t *testing.T, program string, root func() *cobra.Command, least int, patterns ...string) {
	t.Helper()
	lines := 0
	for _, pattern := range patterns {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no file is %s (%v)", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range Find(string(text), program) {
				lines++
				if wrong := Wrong(root(), line); wrong != "" {
					t.Errorf("%s: %s: %s", name, line, wrong)
				}
			}
		}
	}
	if lines < least {
		t.Errorf("only %d command lines are found", lines)
	}
}
