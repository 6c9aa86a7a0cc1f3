// SPDX-License-Identifier: Apache-2.0

package machine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// mirrorVariable overrides the package source found in the host's configuration.
const mirrorVariable = "KRESD_MANAGER_TEST_MIRROR"

// aptSource is one line or stanza of an apt source list, as far as it matters here.
type aptSource struct {
	uris, suites, components []string
}

// mirror returns the address of a Debian archive: the environment's, else the first
// main archive the host itself installs from.
func mirror() (string, error) {
	if uri := os.Getenv(mirrorVariable); uri != "" {
		return uri, nil
	}
	uri, err := mirrorIn("/etc/apt")
	if err != nil {
		return "", err
	}
	if uri == "" {
		return "", errors.New("cannot find a Debian archive in /etc/apt/sources.list or /etc/apt/sources.list.d: set " +
			mirrorVariable + " to the address of one that has " + suite)
	}
	return uri, nil
}

// mirrorIn searches an apt configuration folder, sources.list first and then
// sources.list.d by name, as apt does. It returns "" when there is no Debian archive.
func mirrorIn(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "sources.list.d", "*"))
	if err != nil {
		return "", err
	}
	for _, file := range append([]string{filepath.Join(dir, "sources.list")}, files...) {
		var parse func(string) []aptSource
		switch filepath.Ext(file) {
		case ".list":
			parse = parseOneLine
		case ".sources":
			parse = parseDeb822
		default:
			continue
		}
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		for _, source := range parse(string(text)) {
			if uri := source.debianMain(); uri != "" {
				return uri, nil
			}
		}
	}
	return "", nil
}

// debianMain returns the first address when the source is a main archive of Debian.
// Other vendors also call a component "main", and security archives lack most
// packages, so both the release name and a path element "debian" must fit.
func (s aptSource) debianMain() string {
	releases := []string{"bullseye", "bookworm", "trixie", "forky", "duke", "sid", "stable", "testing", "unstable"}
	if !slices.Contains(s.components, "main") {
		return ""
	}
	if !slices.ContainsFunc(s.suites, func(suite string) bool { return slices.Contains(releases, suite) }) {
		return ""
	}
	for _, uri := range s.uris {
		elements := strings.Split(strings.TrimSuffix(uri, ".list"), "/")
		if slices.Contains(elements, "debian") {
			return uri
		}
	}
	return ""
}

// parseOneLine reads the format "deb [options] uri suite component…" (sources.list(5)).
func parseOneLine(text string) []aptSource {
	var sources []aptSource
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), "deb ")
		if !ok {
			continue
		}
		if rest = strings.TrimSpace(rest); strings.HasPrefix(rest, "[") {
			if _, rest, ok = strings.Cut(rest, "]"); !ok {
				continue
			}
		}
		if fields := strings.Fields(rest); len(fields) >= 3 {
			sources = append(sources, aptSource{fields[:1], fields[1:2], fields[2:]})
		}
	}
	return sources
}

// parseDeb822 reads stanzas of "Field: value" (sources.list(5), "DEB822-STYLE FORMAT").
func parseDeb822(text string) []aptSource {
	var sources []aptSource
	for stanza := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n\n") {
		fields := map[string][]string{}
		name := ""
		for line := range strings.Lines(stanza) {
			switch {
			case strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t"):
				fields[name] = append(fields[name], strings.Fields(line)...)
			default:
				key, value, _ := strings.Cut(line, ":")
				name = strings.ToLower(strings.TrimSpace(key))
				fields[name] = strings.Fields(value)
			}
		}
		if slices.Contains(fields["types"], "deb") && !slices.Contains(fields["enabled"], "no") {
			sources = append(sources, aptSource{fields["uris"], fields["suites"], fields["components"]})
		}
	}
	return sources
}
