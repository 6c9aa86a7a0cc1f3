// SPDX-License-Identifier: Apache-2.0

// Package text reads and writes the languages that configurations are written in:
// YAML, JSON (RFC 8259) and TOML (1.0, and 1.1 when reading). Each is read in one
// place, with [Read], and written in one place, with [Write]; what edits a text
// that is there goes on with its [Style].
//
// YAML means what Knot Resolver's own manager takes it for, which is YAML 1.1.
//
// The package knows what values are and nothing of what keys mean. All of it is
// safe for concurrent use.
package text
