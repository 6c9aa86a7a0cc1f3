// SPDX-License-Identifier: Apache-2.0

package config

// Running is a configuration in force: the document as its author wrote it, and
// what the one validation that let it into force has made of the parts that are
// asked for as long as it runs. The others, with rules by the hundred thousand,
// are rendered and not kept.
//
// A Running is never changed, only replaced, so that who holds one has a
// document and a meaning that belong together. It is safe for concurrent use.
type Running struct {
	*Document
	Management Management
	Monitoring Monitoring
	Network    Network
	// Fault says why the meaning is not known, as where an earlier version let
	// the document into force and this one would not; nil if it is known. The
	// parts are zero values then, which must not be taken for what was configured.
	Fault error
}

// Running joins the document with what its validation gave ([Document.Check]).
// Only what [ReadFile] has read keeps its positions: a request body, or a copy of
// our own, is nothing that anyone could look at when a later change is refused.
func (d *Document) Running(c *Config) *Running {
	if !d.stays {
		d = d.unplaced()
	}
	return &Running{Document: d, Management: c.Management, Monitoring: c.Monitoring, Network: c.Network}
}

// unplaced is the same document without positions and without a name.
func (d *Document) unplaced() *Document {
	other := *d // with the texts that were made of it
	other.name, other.root.Foreign = "", true
	return &other
}
