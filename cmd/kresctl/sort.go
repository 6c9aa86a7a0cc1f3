// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"slices"

	"kresd-manager/internal/config"
)

// sorted orders problems by file and place; those without a place come last.
func sorted(problems config.Problems) config.Problems {
	problems = slices.Clone(problems)
	slices.SortStableFunc(problems, func(a, b config.Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(uint(a.Line)-1, uint(b.Line)-1), // 0 becomes the largest
			cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Pointer, b.Pointer),
		)
	})
	return problems
}
