// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"kresd-manager/api/wire"
	"kresd-manager/internal/client"
	"kresd-manager/internal/writeback"
)

// saveOptions are the flags of kresctl config save.
type saveOptions struct {
	dryRun bool
	force  bool
	output string
}

func (a *app) configSaveCommand() *cobra.Command {
	var opt saveOptions
	cmd := &cobra.Command{
		Use:   "save [--dry-run | -o FILE] [--force] [-q]",
		Short: "write the running configuration into the configuration file",
		Long: `Write the running configuration into the configuration file, so that it survives
a reload and a reboot. The file is the installed one, or that of -c; pass all
files of a manager that reads several. If it reads other files, nothing is
written.

Only what differs is edited: comments, order and layout of the rest stay. With
several files, each key goes back to the file it came from. JSON keeps its
indentation. In TOML, values can change and keys come and go; what would need
another table is refused. What was applied in the editor of the pages is saved
as it was typed there, with its comments.

You need the permission to write the file. If it was edited since the manager
read it, the command fails; with --force the running configuration wins over the
edit.`,
		Example: `  kresctl config save --dry-run
  kresctl -c base.yaml -c site.yaml config save
  kresctl config save -o /root/config.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.dryRun && opt.output != "" {
				return usage(cmd, "--dry-run and -o cannot be combined")
			}
			return a.ask(cmd, func(ctx context.Context, c *client.Client) error {
				return a.saveConfig(ctx, c, opt)
			})
		},
	}
	f := cmd.Flags()
	f.BoolVar(&opt.dryRun, "dry-run", false, "print what would be edited, as a unified diff")
	f.StringVarP(&opt.output, "output", "o", "", "leave the file as it is and write to `FILE`")
	f.BoolVar(&opt.force, "force", false, "write even if the file was edited since the manager read it")
	return cmd
}

func (a *app) saveConfig(ctx context.Context, c *client.Client, opt saveOptions) error {
	var running writeback.Running
	var err error
	if running.Status, err = c.Status(ctx); err != nil {
		return err
	}
	if running.Value, running.ETag, err = c.Get(ctx, ""); err != nil {
		return err
	}
	running.Text = textSent(ctx, c)
	edits, err := writeback.Edits(&a.files, a.configFiles(nil), running, opt.force)
	if err != nil {
		return err
	}
	if opt.output != "" {
		if len(edits) > 1 {
			return errors.New("the configuration comes from several files; -o writes one")
		}
		return a.write(opt.output, edits[0].After)
	}
	edits = slices.DeleteFunc(edits, func(e writeback.Edit) bool { return !e.Changes() })
	for _, e := range edits {
		if opt.dryRun {
			err = a.write("", diff.Diff(e.File, e.Before, e.File, e.After))
		} else {
			err = a.saveEdit(e)
		}
		if err != nil {
			return err
		}
	}
	if len(edits) == 0 && !a.quiet {
		fmt.Fprintln(a.stdout, "nothing to save: the file says what runs")
	}
	if opt.dryRun || len(edits) == 0 && !running.Status.FileDiffers {
		return nil
	}
	return a.tellSaved(ctx, c, running.ETag)
}

// textSent returns what knows the text with which what runs was sent, as far as the manager
// has it and shows it to us: without it, only comments are lost.
func textSent(ctx context.Context, c *client.Client) func(base string) string {
	return func(base string) string {
		told, err := c.Files(ctx)
		if err != nil || len(told.Files) != 1 || !told.Files[0].Kept || told.Files[0].Tag != base {
			return ""
		}
		return told.Files[0].Saved
	}
}

func (a *app) saveEdit(e writeback.Edit) error {
	err := a.files.Save(e.File, e.After)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; run kresctl as a user who may write there", err)
	case err == nil && !a.quiet:
		fmt.Fprintf(a.stdout, "saved in %s\n", e.File)
	}
	return err
}

// tellSaved has the manager read the file, which says what runs. It must not
// undo what was changed meanwhile.
func (a *app) tellSaved(ctx context.Context, c *client.Client, etag string) error {
	_, err := c.Reload(ctx, false, client.ChangeOptions{IfMatch: etag})
	var refused *client.Error
	if errors.As(err, &refused) && refused.Problem.Kind == wire.KindPrecondition {
		fmt.Fprintln(a.stderr, "kresctl: the configuration was changed again meanwhile; that is not in the file")
		return nil
	}
	return err
}
