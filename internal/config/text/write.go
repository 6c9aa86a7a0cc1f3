// SPDX-License-Identifier: Apache-2.0

package text

import (
	"fmt"
	"strings"
	"unicode"

	"kresd-manager/internal/config/tree"
)

// Write gives a text for a tree, with keys in their order and without comments:
// YAML and TOML as people lay them out, JSON indented by four columns. The
// text has been read again and compared, without a word about its format. The
// error says what the format cannot say, with its pointer.
func Write(format Format, n *tree.Node) ([]byte, error) {
	var src []byte
	var err error
	switch format {
	case JSON:
		style := Style{Format: JSON, Step: 4}
		src = append(style.appendFlow(nil, n, 0), '\n')
	case TOML:
		src, err = writeTOML(n)
	default:
		style := Style{Format: YAML, Step: 2, Dashes: 2}
		src = append([]byte(strings.TrimLeft(style.Block(n, -1, false), " \n")), '\n')
	}
	if err != nil {
		return nil, err
	}
	again, problems := Read("", src) // as those who are not told the format
	if len(problems) > 0 || !tree.Same(&again, n) {
		return nil, fmt.Errorf("%v cannot hold a value of this configuration", format)
	}
	return src, nil
}

// needsEscape says that people would not see a character, or not as what it is, or
// that a format wants it escaped.
func needsEscape(r rune) bool { return !unicode.IsPrint(r) }

// appendEscape writes a character as an escape that YAML and TOML have both.
func appendEscape(b []byte, r rune) []byte {
	if r > 0xFFFF {
		return fmt.Appendf(b, `\U%08x`, r)
	}
	return tree.AppendEscape(b, r)
}
