// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"os"

	"kresd-manager/internal/visible"
)

// Colored decides by what was asked for, auto, always or never, between output for
// people and for programs. NO_COLOR is honoured as no-color.org asks: what was asked
// for is stronger.
func Colored(w *visible.Writer, when string) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && w.Terminal(), nil
	}
	return false, fmt.Errorf("--color must be auto, always or never, not %q", when)
}
