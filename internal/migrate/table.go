// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"slices"
	"strings"

	"kresd-manager/internal/config"
)

// renames gives the keys with another name or place, in the order they are
// carried over. Those of the first list are moved before sections get their
// switch, as their new name is that of a section with one.
func renames() (first, rest []config.Rename) {
	for _, r := range config.Renames() {
		switch {
		case strings.Contains(r.Old, "_"): // the spelling of Lua, there for the sake of a hint
		case slices.ContainsFunc(sections, func(s section) bool { return s.pointer == r.New }):
			first = append(first, r)
		default:
			rest = append(rest, r)
		}
	}
	return first, rest
}

// section is one that has a key enable today. Before, it was turned on by being
// there and off by false.
type section struct {
	pointer string
	// boolean says that it could also be false or true; only that form is
	// changed, because its presence never meant anything.
	booleanOnly bool
	// null is what an empty section meant.
	null bool
}

var sections = []section{
	{pointer: "/cache/garbage-collector", null: true},
	{pointer: "/cache/prefetch/prediction"},
	{pointer: "/dns64"},
	{pointer: "/dnssec", booleanOnly: true},
	{pointer: "/logging/dnstap"},
	{pointer: "/monitoring/graphite"},
	{pointer: "/network/proxy-protocol"},
	{pointer: "/rate-limiting"},
}

// replaced are values with another name.
var replaced = []struct{ pointer, from, to string }{
	{"/logging/target", "from-env", "from-arg"},
}

// notes are defaults that changed: a file that relied on the old ones means
// something else now. They are told and not acted on, because no one can know
// which version a file was written for.
var notes = []struct {
	// section, if any, must be there in its old form, without a key enable.
	section  string
	pointers []string
	text     string
}{
	{
		"/logging/dnstap",
		[]string{"/logging/dnstap/log-queries", "/logging/dnstap/log-responses", "/logging/dnstap/log-tcp-rtt"},
		"was true before 6.0.17 where it is not set, and is false now",
	},
	{"", []string{"/defer/enable"}, "was false before 6.1.0 where it is not set, and is true now"},
}
