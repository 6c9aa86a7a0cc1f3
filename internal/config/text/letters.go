// SPDX-License-Identifier: Apache-2.0

package text

import "strings"

// IsDigit knows the decimal digits of ASCII.
func IsDigit(c byte) bool { return '0' <= c && c <= '9' }

// IsWord knows letters and digits of ASCII and the underscore.
func IsWord(c byte) bool {
	return 'a' <= c && c <= 'z' || IsDigit(c) || 'A' <= c && c <= 'Z' || c == '_'
}

// LineEnd is the offset after the line that starts at off.
func LineEnd(src string, off int) int {
	if i := strings.IndexByte(src[off:], '\n'); i >= 0 {
		return off + i + 1
	}
	return len(src)
}
