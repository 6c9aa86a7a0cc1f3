// SPDX-License-Identifier: Apache-2.0

package message

import "log/slog"

// About is what a message is about. It becomes fields of the journal and is not
// part of the text, which says in words what of it people need.
type About struct {
	Kind Kind // "" is none of those that the catalog knows
	// Change is the number of a change in the history, 0 for none.
	Change int
	Unit   string // "kresd@1.service"
	Step   string // "restart", "load", …
	// Generation is what is made of the configuration, as in the status.
	Generation string
	// Request is the reference of the HTTP request that asked, as in X-Reference-Id.
	Request string
}

// Attr is the attribute that log handlers know. Those of a logger (With) and of a
// message are taken together; that of the message wins.
func (a About) Attr() slog.Attr { return slog.Any("about", a) }

// Of returns what an attribute says that a message is about; ok is false for any other
// attribute.
func Of(a slog.Attr) (about About, ok bool) {
	if a.Value.Kind() != slog.KindAny {
		return About{}, false
	}
	about, ok = a.Value.Any().(About)
	return about, ok
}

// With returns a with all that b says.
func (a About) With(b About) About {
	set := func(to *string, s string) {
		if s != "" {
			*to = s
		}
	}
	if b.Kind != "" {
		a.Kind = b.Kind
	}
	if b.Change != 0 {
		a.Change = b.Change
	}
	set(&a.Unit, b.Unit)
	set(&a.Step, b.Step)
	set(&a.Generation, b.Generation)
	set(&a.Request, b.Request)
	return a
}
