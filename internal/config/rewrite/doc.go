// SPDX-License-Identifier: Apache-2.0

// Package rewrite edits the text of a configuration so that it holds another tree
// and stays the text that its author wrote: comments, order, quotes, line ends and
// indentation of what did not change are kept.
//
// The library for YAML tells where a value starts and not where it ends; the
// layouts of this package do. What cannot be edited is refused, never written anew:
// that is for package text.
package rewrite
