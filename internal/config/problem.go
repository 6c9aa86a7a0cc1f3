// SPDX-License-Identifier: Apache-2.0

package config

import "kresd-manager/internal/config/tree"

// What is found about a document, and what is wrong with a pointer into it, is
// said in the words of package tree.
type (
	Problem      = tree.Problem
	Problems     = tree.Problems
	PointerError = tree.PointerError
)

// Severities of a [Problem].
const (
	SeverityError   = tree.SeverityError
	SeverityWarning = tree.SeverityWarning
)

// What is in the chain of an error about a pointer that leads nowhere, and of one
// about a test in a patch that did not hold.
var (
	ErrNotFound   = tree.ErrNotFound
	ErrTestFailed = tree.ErrTestFailed
)
