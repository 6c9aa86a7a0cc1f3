// SPDX-License-Identifier: Apache-2.0

package units

import "strings"

// Cause is why a daemon did not take its configuration, in words of the configuration.
type Cause struct {
	// Pointer is the key that it is about, "" if that is not known.
	Pointer string `json:"pointer,omitempty"`
	// What says what is wrong.
	What string `json:"what"`
	// Quote is the line of a file that it is about, "" for none.
	Quote string `json:"quote,omitempty"`
	// Fix says what can be done, "" where What says it all.
	Fix string `json:"fix,omitempty"`
}

// String has at most three lines: what is wrong, the line that it is about with a caret
// below, and else what to do.
func (c Cause) String() string {
	text := c.What
	if c.Pointer != "" {
		text = c.Pointer + ": " + text
	}
	switch {
	case c.Quote != "":
		start := len(c.Quote) - len(strings.TrimLeft(c.Quote, " "))
		text += "\n    " + c.Quote + "\n    " + strings.Repeat(" ", start) + "^"
	case c.Fix != "":
		text += "\n" + c.Fix
	}
	return text
}
