// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"regexp"
	"strings"
)

// varies is what differs each time that a command is run, and what stands for it.
var varies = []struct {
	found *regexp.Regexp
	named string
}{
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?\b`), "TIME"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`), "DATE"},
	{regexp.MustCompile(`\b[0-9a-f]{16,64}\b`), "HASH"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?(µs|ms|s|min|h|d|days|B|K|M|G|KiB|MiB|GiB|%)(\b|$)`), "AMOUNT"},
	{regexp.MustCompile(`(?i)\b(pid|process) \d+`), "$1 N"},
	{regexp.MustCompile(`\b(change|rollback|show) \d+`), "$1 N"},
}

// A change that takes longer than a second says how far it is: whether it does, is the
// machine's affair.
var progress = regexp.MustCompile(`(?m)^change \d+: (\d+ of \d+ steps|waits) ?.*\n`)

var space = regexp.MustCompile(`[ \t]+`)

// Lasting returns an output without what only a slow machine prints.
func Lasting(output string) string { return progress.ReplaceAllString(output, "") }

// A line about a unit, as in tables, may have the numbers of processes, and one of the
// history begins with that of a change.
var (
	unit   = regexp.MustCompile(`\b(kresd@\d|kres-gc|kres-policy-loader|policy-loader)\b|^[* ]*\d+ TIME`)
	number = regexp.MustCompile(`\b\d{2,}\b|^[* ]*\d+`)
)

// more stands for what the document leaves out: alone in a line for any lines, else for
// anything in its line.
const more = "…"

// Matches reports whether an output is what a document says, but for what varies.
func Matches(document, output string) bool {
	want, got := plain(document), plain(Lasting(output))
	return lines(want, got)
}

// plain returns the lines of a text with names in place of what varies.
func plain(text string) []string {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil
	}
	all := strings.Split(text, "\n")
	for i, line := range all {
		line = space.ReplaceAllString(line, " ")
		for _, v := range varies {
			line = v.found.ReplaceAllString(line, v.named)
		}
		if unit.MatchString(line) {
			line = number.ReplaceAllString(line, "N")
		}
		all[i] = strings.TrimSpace(line)
	}
	return all
}

func lines(want, got []string) bool {
	switch {
	case len(want) == 0:
		return len(got) == 0
	case want[0] == more:
		for i := range len(got) + 1 {
			if lines(want[1:], got[i:]) {
				return true
			}
		}
		return false
	case len(got) == 0:
		return false
	}
	return line(want[0], got[0]) && lines(want[1:], got[1:])
}

// line reports whether a line is another one in which "…" stands for anything.
func line(want, got string) bool {
	parts := strings.Split(want, more)
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(got)
}
