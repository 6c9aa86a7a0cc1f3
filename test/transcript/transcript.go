// SPDX-License-Identifier: Apache-2.0

// Package transcript reads commands, and what they print, from Markdown documents, so
// that tests can run them. Running is left to its users.
//
// A section is what is below a heading of the second level, or before the first one. In it
// there are, in order:
//
//   - a fence "console": lines that begin with "$ " are commands, for bash, which go on in
//     lines that begin with "> "; what follows a command is its output. A command that ends
//     in "# exits with N" has to;
//   - any other fence whose first line is a comment of nothing but an absolute path: a file;
//   - a comment "<!-- run: COMMAND -->": a command that readers do not need;
//   - a comment "<!-- tested by NAME in PATH -->": the section is not run, because the test
//     NAME of that file or folder does what it says.
package transcript

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Section is what is below one heading.
type Section struct {
	Title string
	Steps []Step
	// Test and In name the test that runs this section elsewhere; "" for one that is run.
	Test, In string
}

// Step is a file to write or a command to run.
type Step struct {
	Line int // of the document, from 1

	Path, Text string // of a file; Path is "" for a command

	Command string
	Exit    int
	Output  string // what the document says that it prints, "" for nothing
	Hidden  bool   // the document shows neither command nor output

	first, last int // the lines of Output, from 1; last is before first if there are none
}

var (
	filePath = regexp.MustCompile(`^(?:#|;|//) (/[^\s]+)$`)
	exits    = regexp.MustCompile(`\s+# exits with (\d+)$`)
	hidden   = regexp.MustCompile(`^<!-- run: (.+) -->$`)
	testedBy = regexp.MustCompile(`^<!-- tested by (\w+) in (\S+) -->$`)
)

// Parse reads a document. It returns an error with a line for what it cannot take for
// any of the forms above.
func Parse(text string) ([]Section, error) {
	sections := []Section{{Title: "introduction"}} // what is before the first heading
	current := &sections[0]
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "## "):
			sections = append(sections, Section{Title: strings.TrimPrefix(line, "## ")})
			current = &sections[len(sections)-1]
		case hidden.MatchString(line):
			current.Steps = append(current.Steps, Step{Line: i + 1, Command: hidden.FindStringSubmatch(line)[1], Hidden: true})
		case testedBy.MatchString(line):
			m := testedBy.FindStringSubmatch(line)
			current.Test, current.In = m[1], m[2]
		case strings.HasPrefix(line, "```"):
			end := i + 1
			for end < len(lines) && lines[end] != "```" {
				end++
			}
			if end == len(lines) {
				return nil, fmt.Errorf("line %d: the fence has no end", i+1)
			}
			steps, err := fence(strings.TrimPrefix(line, "```"), lines[i+1:end], i+2)
			if err != nil {
				return nil, err
			}
			current.Steps = append(current.Steps, steps...)
			i = end
		}
	}
	if len(sections[0].Steps) == 0 {
		sections = sections[1:]
	}
	return sections, nil
}

// fence reads one fence, whose first line is the document's line number start.
func fence(kind string, lines []string, start int) ([]Step, error) {
	if kind != "console" {
		if len(lines) > 0 && filePath.MatchString(lines[0]) {
			return []Step{{Line: start, Path: filePath.FindStringSubmatch(lines[0])[1], Text: strings.Join(lines[1:], "\n") + "\n"}}, nil
		}
		return nil, nil
	}
	var steps []Step
	for i := 0; i < len(lines); {
		command, ok := strings.CutPrefix(lines[i], "$ ")
		if !ok {
			return nil, fmt.Errorf("line %d: output without a command", start+i)
		}
		s := Step{Line: start + i}
		i++
		for i < len(lines) && strings.HasPrefix(lines[i], "> ") {
			command += "\n" + strings.TrimPrefix(lines[i], "> ")
			i++
		}
		if m := exits.FindStringSubmatchIndex(command); m != nil {
			s.Exit, _ = strconv.Atoi(command[m[2]:m[3]])
			command = command[:m[0]]
		}
		s.Command, s.first = command, start+i
		var output []string
		for i < len(lines) && !strings.HasPrefix(lines[i], "$ ") {
			output = append(output, lines[i])
			i++
		}
		s.Output, s.last = strings.Join(output, "\n"), start+i-1
		steps = append(steps, s)
	}
	return steps, nil
}

// Update returns the document with other outputs, by the line of their steps.
func Update(text string, sections []Section, outputs map[int]string) string {
	lines := strings.Split(text, "\n")
	for s := len(sections) - 1; s >= 0; s-- {
		for i := len(sections[s].Steps) - 1; i >= 0; i-- {
			step := sections[s].Steps[i]
			output, ok := outputs[step.Line]
			if !ok || step.first == 0 {
				continue
			}
			var put []string
			if output = strings.TrimRight(output, "\n"); output != "" {
				put = strings.Split(output, "\n")
			}
			lines = append(lines[:step.first-1:step.first-1], append(put, lines[step.last:]...)...)
		}
	}
	return strings.Join(lines, "\n")
}
