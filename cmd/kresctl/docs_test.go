// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/visible"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

// commands gives every command that does something, by its path.
func commands() map[string]*cobra.Command {
	all := make(map[string]*cobra.Command)
	var add func(*cobra.Command)
	add = func(cmd *cobra.Command) {
		if len(cmd.Commands()) == 0 {
			all[cmd.CommandPath()] = cmd
		}
		for _, sub := range cmd.Commands() {
			add(sub)
		}
	}
	add((&app{}).root())
	return all
}

// TestEveryCommandIsDocumented holds docs/kresctl.md to the commands there are
// and to their flags.
func TestEveryCommandIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/kresctl.md")
	if err != nil {
		t.Fatal(err)
	}
	sections := make(map[string]string)
	for _, section := range strings.Split("\n"+string(text), "\n### ")[1:] {
		name, body, _ := strings.Cut(section, "\n")
		sections[name], _, _ = strings.Cut(body, "\n## ")
	}
	all := commands()
	var documented, there []string
	for name := range sections {
		documented = append(documented, name)
	}
	for name := range all {
		there = append(there, name)
	}
	slices.Sort(documented)
	slices.Sort(there)
	if diff := cmp.Diff(there, documented); diff != "" {
		t.Errorf("commands (-) and docs/kresctl.md (+): %s", diff)
	}
	_, table, _ := strings.Cut(string(text), "| to | use |\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for _, name := range there {
		if link := "](#" + strings.ReplaceAll(name, " ", "-") + ")"; !strings.Contains(table, link) {
			t.Errorf("the table at the top of docs/kresctl.md has no %s", name)
		}
	}
	flag := regexp.MustCompile(`--?[a-z][a-z-]*`)
	for name, cmd := range all {
		cmd.InheritedFlags() // adds those of the root to Flags
		synopsis := strings.Split(sections[name], "```")[1]
		for _, word := range flag.FindAllString(strings.ReplaceAll(synopsis, "policy-loader", ""), -1) {
			long, short := strings.CutPrefix(word, "--")
			if short && cmd.Flags().Lookup(long) == nil || !short && cmd.Flags().ShorthandLookup(word[1:2]) == nil {
				t.Errorf("%s has no flag %s", name, word)
			}
		}
	}
}

// TestHelpIsComplete: every command says what it is for, in one line and in
// several, and how its flags are used.
func TestHelpIsComplete(t *testing.T) {
	for name, cmd := range commands() {
		if cmd.Short == "" || cmd.Long == "" {
			t.Errorf("%s has no help", name)
		}
		if !strings.Contains(cmd.Example, "kresctl") {
			t.Errorf("%s has no example", name)
		}
		if c := cmd.Short; c != "" && (c[0] < 'a' || c[0] > 'z' || strings.HasSuffix(c, ".")) {
			t.Errorf("%s: %q starts with a capital letter or ends with a stop", name, c)
		}
		for line := range strings.Lines(cmd.Long) {
			if len([]rune(line)) > 81 {
				t.Errorf("%s: longer than 80 characters: %s", name, line)
			}
		}
	}
}

// TestEveryCommandHasAFile that is named for it.
func TestEveryCommandHasAFile(t *testing.T) {
	for path := range commands() {
		_, name, _ := strings.Cut(path, " ")
		file := strings.ReplaceAll(name, " ", "_") + ".go"
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if method := regexp.MustCompile(`(?im)^func \(a \*app\) ` + strings.ReplaceAll(name, " ", "") + `Command\(\)`); !method.Match(text) {
			t.Errorf("%s is not made in %s", path, file)
		}
	}
}

// TestGroupsAreInTheOrderOfTheHelp: who reads groups.go reads what --help lists.
func TestGroupsAreInTheOrderOfTheHelp(t *testing.T) {
	var stdout bytes.Buffer
	if code := run(t.Context(), []string{"--help"}, nil, visible.NewWriter(&stdout), visible.NewWriter(&stdout)); code != 0 {
		t.Fatalf("exit %d: %s", code, &stdout)
	}
	var want []string
	for _, g := range (&app{}).groups() {
		want = append(want, g.title)
		for _, cmd := range g.commands {
			want = append(want, cmd.Name())
		}
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^(?:  ([a-z]+) +[a-z].*|(\S.*:))$`).FindAllStringSubmatch(stdout.String(), -1) {
		if word := m[1] + m[2]; slices.Contains(want, word) {
			got = append(got, word)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups.go (-) and --help (+):\n%s", diff)
	}
}

// TestWhatShellsOfferIsPlain: bash, fish and zsh all ask for __complete, and show what
// comes as it is.
func TestWhatShellsOfferIsPlain(t *testing.T) {
	lines := 0
	for name := range commands() {
		words := strings.Fields(name)[1:]
		for _, typed := range []string{"", "-", "--"} {
			for _, ask := range []string{"__complete", "__completeNoDesc"} {
				var stdout, stderr bytes.Buffer
				args := append(append([]string{ask, "-s", "/no/such/socket"}, words...), typed)
				if code := run(t.Context(), args, nil, visible.NewWriter(&stdout), visible.NewWriter(&stderr)); code != 0 {
					t.Errorf("%s: exit %d", args, code)
				}
				for line := range strings.Lines(stdout.String()) {
					lines++
					if text := strings.TrimSuffix(line, "\n"); strings.ContainsAny(text, "`\x1b\r") || strings.Count(text, "\t") > 1 || strings.HasPrefix(text, "\t") {
						t.Errorf("%s offers %q", args, text)
					}
				}
			}
		}
	}
	if lines < 1000 {
		t.Errorf("only %d lines are offered", lines)
	}
}

// triedElsewhere are the commands without a script of their own, and where they are
// tried.
var triedElsewhere = map[string]string{
	"kresctl doctor": "it looks at this machine: test/e2e",
	"kresctl events": "they come while others change something: terminal_test.go, test/e2e",
}

// TestEveryCommandIsWhereItIsLookedFor: cmd/kresctl/config_set.go is kresctl config set,
// and testdata/script/config_set.txtar says what it promises.
func TestEveryCommandIsWhereItIsLookedFor(t *testing.T) {
	for name := range commands() {
		at := strings.ReplaceAll(strings.TrimPrefix(name, "kresctl "), " ", "_")
		if _, err := os.Stat(at + ".go"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat("testdata/script/" + at + ".txtar"); (err == nil) == (triedElsewhere[name] != "") {
			t.Errorf("%s: %v; it is tried elsewhere: %q", name, err, triedElsewhere[name])
		}
	}
}

// TestFlagsOfAllCommandsAreTheSame: no command has its own --json, -q or --color, which
// would be another one than the user knows.
func TestFlagsOfAllCommandsAreTheSame(t *testing.T) {
	for name, cmd := range commands() {
		for _, flag := range []string{"json", "quiet", "color", "socket", "config", "token-file"} {
			if name == "kresctl check" && flag == "config" { // the same, without its letter: -c is a limit for Nagios
				continue
			}
			if cmd.LocalNonPersistentFlags().Lookup(flag) != nil {
				t.Errorf("%s has a --%s of its own", name, flag)
			}
		}
	}
}

// TestExitStatusesAreDocumented: scripts decide by them.
func TestExitStatusesAreDocumented(t *testing.T) {
	table, err := os.ReadFile("../../docs/kresctl.md")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../packaging/man/kresctl.1.end")
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{0, exitFailed, exitUsage, exitDegraded, exitUnreachable, exitDenied, exitPrecondition} {
		if want := fmt.Sprintf("\n| %d | ", status); !strings.Contains(string(table), want) {
			t.Errorf("docs/kresctl.md does not say what %d means", status)
		}
		if want := fmt.Sprintf("\n%d\n: ", status); !strings.Contains(string(page), want) {
			t.Errorf("kresctl(1) does not say what %d means", status)
		}
	}
	for _, section := range []string{"## EXIT STATUS", "## EXAMPLES", "## SEE ALSO"} {
		if !strings.Contains(string(page), "\n"+section+"\n") {
			t.Errorf("kresctl(1) has no %s", section)
		}
	}
}
