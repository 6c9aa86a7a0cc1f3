// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"kresd-manager/api"
	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
)

func (a *app) configSetCommand() *cobra.Command {
	var pointer string
	var opt client.ChangeOptions
	cmd := &cobra.Command{
		Use:   "set [-p POINTER] [--dry-run] [--if-match ETAG] [--confirm-within TIME] [-m COMMENT] [FILE | VALUE | -]",
		Short: "change the running configuration",
		Long: `Replace the running configuration, or the part a pointer leads to, and apply
the result. The argument is the name of an existing file or else the value
itself, as YAML or JSON; - or none reads standard input. The pointer may lead
to a key that is not there yet, or, with - as its last part, append to a list.
Write -- before a value that starts with a dash.

The change is not written to the configuration file; kresctl config save does
that.`,
		Example: `  kresctl config set -p /workers 4
  kresctl config set -p /local-data/addresses/printer.home 192.0.2.7
  kresctl config set --dry-run new.yaml`,
		Args: atMost(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := a.readValue(args)
			if err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			defer a.showProgress(cmd.Context(), c)()
			done, err := c.Put(cmd.Context(), absolute(pointer), v.text, v.contentType, opt)
			if err != nil {
				return v.locate(err)
			}
			a.printReport(done.Report)
			return nil
		},
	}
	pointerFlag(cmd, &pointer, pointerCompletion{item: "-"})
	cmd.ValidArgsFunction = completeValue(&pointer)
	changeFlags(cmd, &opt)
	a.quietFlag(cmd)
	return cmd
}

func changeFlags(cmd *cobra.Command, opt *client.ChangeOptions) {
	cmd.Flags().BoolVar(&opt.DryRun, "dry-run", false, "print the plan and change nothing")
	cmd.Flags().StringVar(&opt.IfMatch, "if-match", "",
		"refuse unless the running configuration has this `ETAG`, see config get --etag")
	termFlags(cmd, opt)
}

// termFlags are those of commands that make a change for the history.
func termFlags(cmd *cobra.Command, opt *client.ChangeOptions) {
	cmd.Flags().DurationVar(&opt.ConfirmWithin, "confirm-within", 0,
		"undo the change after this `TIME`, as 90s or 5m, unless\nkresctl confirm comes before")
	cmd.Flags().StringVarP(&opt.Comment, "comment", "m", "", "say why, for the history")
}

// value is what config set sends.
type value struct {
	text        []byte
	contentType string // "" lets the manager look
	file        string // where it comes from, "" if from the command line
}

func (a *app) readValue(args []string) (value, error) {
	if len(args) == 0 || args[0] == "-" {
		if f, ok := a.stdin.(*os.File); ok && len(args) == 0 && isTerminal(f) {
			fmt.Fprintln(a.stderr, "kresctl: reading the value from the terminal, end it with Ctrl-D")
		}
		text, err := io.ReadAll(a.stdin)
		if err != nil {
			return value{}, fmt.Errorf("cannot read standard input: %w", err)
		}
		return value{text: text, file: display("-")}, nil
	}
	if info, err := os.Stat(args[0]); err == nil && !info.IsDir() {
		text, err := os.ReadFile(args[0])
		if err != nil {
			return value{}, fmt.Errorf("cannot read the value: %w", err)
		}
		return value{text: text, file: args[0], contentType: typeOfFile(args[0])}, nil
	}
	return literal(args[0]), nil
}

// literal takes an argument as YAML or JSON. A few words of YAML look like
// TOML, as in [dns]; the mark of a document's start tells that they are not.
func literal(arg string) value {
	text := []byte(arg)
	if json.Valid(text) {
		return value{text: text, contentType: "application/json"}
	}
	if config.FormatOf(text) == "toml" {
		text = append([]byte("---\n"), text...)
	}
	return value{text: text, contentType: "application/yaml"}
}

// typeOfFile tells the manager what the name of a file promises, so that it
// complains about a broken one in the right language.
func typeOfFile(name string) string {
	switch filepath.Ext(name) {
	case ".json":
		return "application/json"
	case ".yaml", ".yml":
		return "application/yaml"
	case ".toml":
		return "application/toml"
	}
	return ""
}

// locate puts the name of the file into problems that the manager found in
// what it only knows as a request body.
func (v value) locate(err error) error {
	var refused *client.Error
	if errors.As(err, &refused) {
		for i := range refused.Problem.Problems {
			if p := &refused.Problem.Problems[i]; p.File == api.BodyName {
				p.File = v.file
			}
		}
	}
	return err
}

// isTerminal is a guess that is good enough for a hint.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
