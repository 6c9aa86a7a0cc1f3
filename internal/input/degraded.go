// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"kresd-manager/units"
)

// Bounds of the policy-loader's report. The workers' user writes it, so it is
// believed to hold no more than words for people.
const (
	maxReport  = 1 << 20 // bytes
	maxProblem = 500     // bytes of one line
)

// Degraded returns the inputs that the policy-loader could not load when it put
// the rules with this hash in force, as its report tells: a line "rules HASH", and
// for each such input "POINTER TIME PROBLEM", where TIME is when the copy was
// written that is in force, in seconds since 1970, or 0. A report that is not there,
// or is about other rules, names none. What it says of anything but these inputs
// does not count.
func Degraded(path, hash string, inputs []units.Input) ([]units.Degraded, error) {
	if !slices.ContainsFunc(inputs, func(in units.Input) bool { return in.Use == units.UseRules }) {
		return nil, nil // it can name none
	}
	// It may have been replaced by a link, a FIFO or a device.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot tell which files the policy-loader could not load: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(err, fmt.Errorf("cannot tell which files the policy-loader could not load: %s is not a regular file", path))
	}
	return ReadReport(f, hash, inputs), nil
}

// ReadReport is [Degraded] for a report that is open.
func ReadReport(r io.Reader, hash string, inputs []units.Input) []units.Degraded {
	lines := bufio.NewScanner(io.LimitReader(r, maxReport))
	if !lines.Scan() || lines.Text() != units.RulesStatus+hash {
		return nil
	}
	var all []units.Degraded
	for lines.Scan() && len(all) < len(inputs) {
		pointer, rest, _ := strings.Cut(lines.Text(), " ")
		written, problem, _ := strings.Cut(rest, " ")
		i := slices.IndexFunc(inputs, func(in units.Input) bool { return in.Use == units.UseRules && in.Pointer == pointer })
		seconds, err := strconv.ParseInt(written, 10, 40)
		if i < 0 || err != nil || seconds < 0 {
			continue
		}
		d := units.Degraded{Input: inputs[i], Problem: plain(problem)}
		if seconds > 0 {
			d.Copy = time.Unix(seconds, 0)
		}
		all = append(all, d)
	}
	return all
}

// plain is a text of a stranger's as one short line.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), maxProblem)], "?"))
	if text == "" {
		return "it does not say why"
	}
	return text
}

// setBack takes back what is said of sources that were not loaded: they were
// given to the policy-loader, which did not take them.
func (l *Ledger) setBack(read map[string]string, degraded []units.Degraded) {
	for _, d := range degraded {
		id, ok := read[d.Input.Path]
		if !ok || id == units.Another {
			continue
		}
		if l.refused[units.PolicyLoader] == nil {
			l.refused[units.PolicyLoader] = map[string]string{}
		}
		l.refused[units.PolicyLoader][d.Input.Path] = id
		read[d.Input.Path] = units.Another
	}
}
