// SPDX-License-Identifier: Apache-2.0

// Package config reads the declarative configuration of Knot Resolver — YAML,
// JSON or TOML — and turns it into one plain Go value.
//
// There are two views of a configuration. A [Document] is the raw tree as its
// author wrote it: ordered keys, positions, numbers and texts untouched. It is
// what the HTTP API reads and edits and what the ETag is computed from. A
// [Config] is what the document means: every default filled in, every value
// checked, resolved and in normal form, so that two documents that mean the
// same give equal values.
//
// Every key is declared once, as a field of a struct in model*.go; reading,
// defaults, checks, JSON schema and reference documentation follow from that
// declaration.
//
// Below it are three packages without meaning, one on the other: tree holds values
// with their places, text reads and writes the formats, rewrite edits a text so that
// it holds another tree.
//
// The package leaves to others what needs more than the text: whether files
// exist, whether an address can be bound, what the Lua for the daemons is.
// It starts no goroutine and reads no clock; only [ReadFile] touches files.
package config
