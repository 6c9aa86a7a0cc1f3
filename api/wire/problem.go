// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"net/http"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// Problem is the body of every answer that is not a success, sent as
// application/problem+json to clients that ask for JSON and as lines of text
// to the others.
type Problem struct {
	Kind   Kind   `json:"kind"`
	Title  string `json:"title"`  // a few words, the same for the whole kind
	Status int    `json:"status"` // HTTP status
	// Message says what is wrong, for people. It may have several lines.
	Message string `json:"message"`
	// Reference finds the request in the log of the manager.
	Reference string `json:"reference"`
	// Problems are the findings about a configuration or request body.
	Problems config.Problems `json:"problems,omitempty"`
	// Unit, Step and Log say which step of the plan failed at which unit, and
	// that unit's last log messages, oldest first.
	Unit string   `json:"unit,omitempty"`
	Step string   `json:"step,omitempty"`
	Log  []string `json:"log,omitempty"`
	// Cause is what these messages mean, where that is known.
	Cause *units.Cause `json:"cause,omitempty"`
	// Restored tells, after a failed step, whether what ran before runs again.
	Restored *bool `json:"restored,omitempty"`
	// RollbackError says why it does not.
	RollbackError string `json:"rollback-error,omitempty"`
}

// Text is the problem for people. Where the cause is known, the words of the daemon are
// left to [Problem.Verbose].
func (p *Problem) Text() string {
	if p.Cause == nil {
		return p.Verbose()
	}
	text := p.Title + ": " + p.Cause.String() + "\n"
	if p.Restored != nil {
		text += p.Aftermath() + "\n"
	}
	return text
}

// Verbose is all of the problem for people.
func (p *Problem) Verbose() string {
	var b strings.Builder
	b.WriteString(p.Title)
	b.WriteByte(':')
	if p.Cause != nil {
		b.WriteString(" " + p.Cause.String() + "\n")
	}
	if len(p.Problems) > 0 {
		for _, f := range p.Problems {
			b.WriteString("\n\t")
			b.WriteString(f.String())
		}
	} else {
		b.WriteByte(' ')
		b.WriteString(p.Message)
	}
	for _, l := range p.Log {
		b.WriteString("\n\t")
		b.WriteString(l)
	}
	if p.Restored != nil {
		b.WriteByte('\n')
		b.WriteString(p.Aftermath())
	}
	if p.Status == http.StatusInternalServerError && p.Kind != KindInternal { // whose message names it
		b.WriteString("\nreference: " + p.Reference)
	}
	b.WriteByte('\n')
	return b.String()
}

// Aftermath says what runs after a failed step, "" if no step failed.
func (p *Problem) Aftermath() string {
	switch {
	case p.Restored == nil:
		return ""
	case *p.Restored:
		return "the previous configuration serves"
	case p.RollbackError != "":
		return "the previous configuration could not be restored completely: " + p.RollbackError
	default:
		return "the previous configuration could not be restored completely"
	}
}
