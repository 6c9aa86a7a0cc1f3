// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"kresd-manager/internal/config"
)

const effectsIntroduction = `# What a change does

A change of the configuration touches those processes that would read something else, and no others. Which these are, is found by
comparing the rendered text of the old and the new configuration, never by a list: the tables below are observed, not obeyed. So
a key may concern no one while something else leaves it without effect, and a value in other words (` + "`1G`, `1024M`" + `) never
concerns anyone. ` + "`kresctl reload --dry-run`" + ` shows it for your change.

| who acts | what happens |
| --- | --- |
| workers | a canary tries the new configuration; then one worker after the other is restarted, and the rest serve. A single worker is helped out by a second one meanwhile. |
| rules | the policy-loader replaces all rules in one transaction; workers that stay are notified, and none restarts |
| gc | the cache garbage collector is started, restarted or stopped |
| components | what the configuration adds is started, restarted or stopped |
| count | workers are started or stopped; those that stay notice nothing |
| limits | systemd sets them on all workers, first of all and at once; no process is restarted |
| no one | no process is touched; the manager itself may act, as with ` + "`watchdog`" + ` |

Changes made together have the effects of all, once. A change that a component refuses has none: what ran before runs on.

This file is made from ` + "`internal/render/testdata/effects.yaml`" + ` by ` + "`go test ./internal/render -update`" + `. Each line is a change that the
tests make, to rendered text and, where a test machine has what it takes, to a live system. Sections have the effects of what
changes in them.
`

// effectsText is the documentation that is made from the records.
func effectsText(effects []effect) string {
	var b strings.Builder
	b.WriteString(effectsIntroduction)
	section := ""
	for _, k := range config.Keys() {
		if cell := casesOf(effects, k.Pointer); cell != "" {
			of := "Top level"
			if name, _, below := strings.Cut(k.Pointer[1:], "/"); below || k.Type.Form == config.KeyObject || k.Type.Form == config.KeyList {
				of = name
			}
			if of != section {
				section = of
				fmt.Fprintf(&b, "\n## %s\n\n| key | who acts |\n| --- | --- |\n", section)
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", k.Pointer, cell)
		}
	}
	return b.String()
}

// effectsList is the same for programs: pointer, tab, who acts.
func effectsList(effects []effect) string {
	var b strings.Builder
	for _, k := range config.Keys() {
		if cell := casesOf(effects, k.Pointer); cell != "" {
			fmt.Fprintf(&b, "%s\t%s\n", k.Pointer, strings.ReplaceAll(cell, "`", ""))
		}
	}
	return b.String()
}

// pointers are what stands in a condition as code.
var pointers = regexp.MustCompile(`/[a-z0-9/*-]+`)

// casesOf gives the cell of a key, if it has records: the usual case first, then
// those in which others act.
func casesOf(effects []effect, key string) string {
	var usual, other []string
	for _, e := range effects {
		who := e.Acts
		if who != "no one" {
			who = strings.ReplaceAll(who, " ", ", ")
		}
		switch {
		case e.Key != key:
		case strings.HasPrefix(e.Live, "refused"):
			usual = append(usual, e.Live)
		case e.When == "":
			usual = append(usual, who)
		case !slices.Contains(usual, who):
			other = append(other, who+" if "+pointers.ReplaceAllString(e.When, "`$0`"))
		}
	}
	return strings.Join(append(usual, other...), "; ")
}
