// SPDX-License-Identifier: Apache-2.0

package config

import "kresd-manager/internal/config/tree"

// What is found about a document, and what is wrong with a pointer into it, is
// said in the words of package tree. They have names here, too, so that who has to do
// with configurations alone, and not with their values, needs this package alone.
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
