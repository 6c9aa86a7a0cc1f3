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
	// Fault tells why the meaning is not known, as where an earlier version let
	// the document into force and this one would not; nil if it is known. The
	// parts are zero values then, which must not be taken for what was configured.
	Fault error
}

// Running joins the document with what its validation gave ([Document.Check]).
func (d *Document) Running(c *Config) *Running {
	return &Running{Document: d, Management: c.Management, Monitoring: c.Monitoring, Network: c.Network}
}
