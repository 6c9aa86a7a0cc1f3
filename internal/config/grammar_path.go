// SPDX-License-Identifier: Apache-2.0

package config

import (
	"strings"

	"kresd-manager/internal/config/tree"
)

// maxSocketPath is what fits in sun_path with its final NUL, unix(7).
const maxSocketPath = 107

func pathGrammar(right string, read func(h *Host, n *tree.Node) (any, *fault)) grammar {
	return grammar{right: right, read: read, schema: map[string]any{"type": "string"}}
}

// readDirPath reads the path of a directory; the empty one is the base
// directory itself.
func readDirPath(h *Host, n *tree.Node) (any, *fault) {
	if n.Kind != tree.Text {
		return nil, quoteHint(n)
	}
	if strings.ContainsFunc(n.Text, func(c rune) bool { return c < ' ' || c == 0x7F }) {
		return nil, &fault{message: "control characters are not supported in paths"}
	}
	path := n.Text
	if !strings.HasPrefix(path, "/") {
		if !strings.HasPrefix(h.BaseDir, "/") {
			return nil, &fault{quoteShort(path) + " is a relative path, and there is no directory to start from", "give an absolute path"}
		}
		path = h.BaseDir + "/" + path
	}
	return cleanPath(path), nil
}

func readFilePath(h *Host, n *tree.Node) (any, *fault) {
	if n.Kind == tree.Text && n.Text == "" {
		return nil, new(fault)
	}
	return readDirPath(h, n)
}

func readSocketPath(h *Host, n *tree.Node) (any, *fault) {
	path, wrong := readFilePath(h, n)
	if wrong == nil && len(path.(string)) > maxSocketPath {
		return nil, &fault{"the path " + quoteShort(path.(string)) + " is too long for a socket", "107 bytes are the limit"}
	}
	return path, wrong
}

// cleanPath removes doubled slashes, "." and a final slash. It leaves ".."
// alone: through a symbolic link it leads elsewhere than its text says.
func cleanPath(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(path, "/") {
		if part != "" && part != "." {
			b.WriteByte('/')
			b.WriteString(part)
		}
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}
