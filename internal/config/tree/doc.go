// SPDX-License-Identifier: Apache-2.0

// Package tree holds a configuration as its author wrote it: values with their
// places in the text, in order, with numbers and texts as they were spelled. It
// compares, edits and points into such trees (RFC 6901), writes them as JSON, and
// collects what is found about them.
//
// A value never changes once it is part of a tree; edits share what they leave
// alone. So all of it is safe for concurrent use, but [Findings].
//
// It knows neither the formats of texts nor what any key means.
package tree
