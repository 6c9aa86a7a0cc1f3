// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/api/wire"
	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
	"kresd-manager/internal/editor"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/present"
	"kresd-manager/internal/source"
	"kresd-manager/internal/visible"
	"kresd-manager/internal/writeback"
	"kresd-manager/units"
)

// editing is what kresctl edit works on.
type editing struct {
	file    string // that is written in the end, "" for the running configuration
	name    string // as problems call the text
	before  []byte
	running bool
	yes     bool
	opt     client.ChangeOptions
}

func (a *app) editCommand() *cobra.Command {
	var e editing
	cmd := &cobra.Command{
		Use:   "edit [--running] [--yes] [--dry-run] [--if-match ETAG] [--confirm-within TIME] [-m COMMENT]",
		Short: "edit the configuration file, show the plan, ask and apply",
		Long: `Open the configuration file, or that of -c, in your editor: $VISUAL, else
$EDITOR. kresctl then checks the text, prints the plan, asks if you are on a
terminal, applies the change and, once it is in force, writes the file. If the
text is not valid, the editor comes back with the problems on top; leave it
unchanged to give up.

--running edits the running configuration, and the file stays as it is.

If someone else changes the configuration or the file meanwhile, nothing is
overwritten. If anything fails your text is kept, and kresctl says where.`,
		Example: `  kresctl edit
  EDITOR=nano kresctl edit --running --confirm-within 5m`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			command, err := editor.Command()
			if err != nil {
				return err
			}
			if err := a.toEdit(cmd, &e); err != nil {
				return err
			}
			draft, err := editor.New(e.name, e.before)
			if err != nil {
				return err
			}
			return a.edit(cmd, &e, draft, command)
		},
	}
	cmd.Flags().BoolVar(&e.running, "running", false, "edit the running configuration, and no file")
	cmd.Flags().BoolVarP(&e.yes, "yes", "y", false, "do not ask")
	changeFlags(cmd, &e.opt)
	return cmd
}

// toEdit finds the text, and binds the change to what runs now.
func (a *app) toEdit(cmd *cobra.Command, e *editing) error {
	files := a.configFiles(nil)
	return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
		value, etag, err := c.Get(ctx, "")
		if err != nil {
			return err
		}
		if e.opt.IfMatch == "" {
			e.opt.IfMatch = etag
		}
		if e.running {
			doc, err := config.Parse("running configuration", value)
			if err != nil {
				return err
			}
			if doc.HidesSecrets() {
				return errors.New("the manager hides the secrets of the configuration from you, so you cannot edit it; that needs the role configure")
			}
			e.name = "running.yaml"
			e.before, err = present.Value(value, true)
			return err
		}
		status, err := c.Status(ctx)
		if err != nil {
			return err
		}
		if len(files) > 1 {
			return errors.New("the configuration comes from several files; edit one of them and apply it with kresctl reload, or use --running")
		}
		if err := writeback.Same(files, status.Files); err != nil {
			return err
		}
		e.file, e.name = files[0], files[0]
		f, err := a.files.Read(e.file)
		if e.before = f.Text; f.Text == nil {
			return err
		}
		w, err := os.OpenFile(e.file, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("you may not write %s; use --running to change only what runs", e.file)
		}
		return w.Close()
	})
}

// mostRounds is how often the editor comes back where no one sits at a terminal, who
// could end it.
const mostRounds = 2

// edit has the text edited until it is valid, and applies it.
func (a *app) edit(cmd *cobra.Command, e *editing, draft *editor.Draft, command string) error {
	last := e.before
	var wrong *wrongText
	for round := 1; ; round++ {
		text, err := draft.Edit(cmd.Context(), command)
		if err != nil {
			return kept(draft, err)
		}
		text = editor.WithoutNotes(text)
		switch {
		case bytes.Equal(text, e.before):
			draft.Remove()
			if !a.quiet {
				fmt.Fprintln(a.stdout, "nothing was changed")
			}
			return nil
		case bytes.Equal(text, last), round > mostRounds && !visible.IsTerminal(a.files.Stdin):
			return kept(draft, fmt.Errorf("the edited text is still not valid, and nothing was changed%s", wrong.reason()))
		}
		last = text
		problem := a.applyEdited(cmd, e, text)
		switch {
		case problem == nil:
			draft.Remove()
			return nil
		case !errors.As(problem, &wrong):
			return kept(draft, problem)
		}
		if err := draft.Write(editor.WithNotes(text, present.Notes(wrong.problems, wrong.err))); err != nil {
			return kept(draft, err)
		}
	}
}

// kept says where to find what was typed.
func kept(draft *editor.Draft, err error) error {
	return fmt.Errorf("%w\nyour text is kept in %s", err, draft.Path)
}

// wrongText is what is wrong with a text, for who edits it.
type wrongText struct {
	problems config.Problems
	err      error // where there are none
}

func (w *wrongText) Error() string {
	if w.err != nil {
		return w.err.Error()
	}
	return w.problems.Error()
}

// reason is what is wrong, in the line after the error that it is the reason of; "" where
// there is nothing.
func (w *wrongText) reason() string {
	if w == nil {
		return ""
	}
	return "\n" + present.First(w.problems, w.err)
}

// applyEdited checks a text, shows its plan, asks, applies it, and saves it in the file. It
// fails with *[wrongText] for what the editor can correct.
func (a *app) applyEdited(cmd *cobra.Command, e *editing, text []byte) error {
	v := judge.Text(e.name, text)
	if !v.Valid() {
		return &wrongText{problems: v.Problems.Sorted()}
	}
	file := source.File{Name: filepath.Base(e.name), Text: text, Doc: v.Doc}
	goOn, err := a.planned(cmd, file, &e.opt, e.yes)
	if err != nil {
		return correctable(err)
	}
	if e.opt.DryRun {
		return errors.New("dry run: nothing was done")
	}
	etag := strings.Trim(e.opt.IfMatch, `"`)
	if goOn {
		err := a.change(cmd, func(ctx context.Context, c *client.Client) (units.Report, error) {
			done, err := c.Put(ctx, "", text, "", e.opt)
			etag = done.ETag
			done.Report.Unsaved = done.Report.Unsaved && e.file == "" // it is saved next
			return done.Report, client.InFile(err, file.Name)
		})
		if err != nil {
			return correctable(err)
		}
	}
	if e.file == "" {
		return nil
	}
	if err := a.files.Save(e.file, text); err != nil {
		return fmt.Errorf("the change is in force until the next reload, and not in the file: %w", err)
	}
	if !a.quiet && !a.json {
		fmt.Fprintf(a.stdout, "saved in %s\n", e.file)
	}
	return a.ask(cmd, func(ctx context.Context, c *client.Client) error { return a.tellSaved(ctx, c, etag) })
}

// correctable is an error of the text as *[wrongText]: the manager, or a daemon, does not
// take it.
func correctable(err error) error {
	var refused *client.Error
	if errors.As(err, &refused) {
		switch refused.Problem.Kind {
		case wire.KindInvalid, wire.KindRefused, wire.KindMalformed:
			return &wrongText{err: err}
		}
	}
	return err
}
