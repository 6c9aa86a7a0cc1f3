// SPDX-License-Identifier: Apache-2.0

package wire

import "kresd-manager/internal/config"

// Files are the configuration files, beside what runs.
type Files struct {
	Files []File `json:"files"`
	// ETag names what they hold together now.
	ETag string `json:"etag,omitempty"`
	// Differs tells that what they hold is not what runs, and Diff how they would have to
	// change.
	Differs bool        `json:"differs"`
	Diff    config.Diff `json:"diff,omitzero"`
	// Fault is why they cannot be edited to say what runs, "" if they can.
	Fault string `json:"fault,omitempty"`
}

// File is one of them.
type File struct {
	Path   string `json:"path"`
	Format string `json:"format,omitempty"` // yaml, json or toml
	// Text is what it holds, comments and secrets among it.
	Text string `json:"text"`
	// Tag names the text, for the parameter keep-text of a change.
	Tag string `json:"tag,omitempty"`
	// Saved is what it would hold with kresctl config save: it says what runs, and keeps
	// comments and layout. Kept tells that it is the text with which what runs was sent.
	Saved string `json:"saved,omitempty"`
	Kept  bool   `json:"kept,omitempty"`
	// Fault is why it cannot be read, "" if it can.
	Fault string `json:"fault,omitempty"`
}

// Comparison is how the configurations that two changes made differ.
type Comparison struct {
	From int         `json:"from"`
	To   int         `json:"to"`
	Diff config.Diff `json:"diff,omitzero"`
}
