// SPDX-License-Identifier: Apache-2.0

package config

import "strings"

// maxSocketPath is what fits in sun_path with its final NUL, unix(7).
const maxSocketPath = 107

func pathGrammar(right string, read func(h *Host, n *node) (any, *fault)) grammar {
	return grammar{right: right, read: read, schema: map[string]any{"type": "string"}}
}

// readDirPath reads the path of a directory; the empty one is the base
// directory itself.
func readDirPath(h *Host, n *node) (any, *fault) {
	if n.kind != text {
		return nil, quoteHint(n)
	}
	if strings.ContainsFunc(n.text, func(c rune) bool { return c < ' ' || c == 0x7F }) {
		return nil, &fault{message: "control characters are not supported in paths"}
	}
	path := n.text
	if !strings.HasPrefix(path, "/") {
		if !strings.HasPrefix(h.BaseDir, "/") {
			return nil, &fault{quoteShort(path) + " is a relative path, and there is no directory to start from", "give an absolute path"}
		}
		path = h.BaseDir + "/" + path
	}
	return cleanPath(path), nil
}

func readFilePath(h *Host, n *node) (any, *fault) {
	if n.kind == text && n.text == "" {
		return nil, new(fault)
	}
	return readDirPath(h, n)
}

func readSocketPath(h *Host, n *node) (any, *fault) {
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
