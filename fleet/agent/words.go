// SPDX-License-Identifier: Apache-2.0

package agent

import "fmt"

func percent(v float64) string { return fmt.Sprintf("%.1f%%", v) }

func milliseconds(v float64) string { return fmt.Sprintf("%.0f ms", v) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}
