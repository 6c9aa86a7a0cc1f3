// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"kresd-manager/api"
	"kresd-manager/internal/client"
	"kresd-manager/internal/config"
	"kresd-manager/internal/durable"
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
		Long: `Write the running configuration into the configuration file, so that it
outlives a reload and a reboot. The file is the installed one, or that of -c, of
which there are as many as the manager reads. If the manager says that it reads
others, nothing is written. Only what differs is edited: comments, order and
layout of the rest stay. Of several files each key goes back to the file that it
came from. JSON keeps its indentation; in TOML values, new keys and removed keys
are written, and what would need another table is refused.

You need to be allowed to write the file. If it was edited since the manager
read it, the command fails; --force writes nevertheless, and what runs wins over
the edit.`,
		Example: `  kresctl config save --dry-run
  kresctl -c base.yaml -c site.yaml config save
  kresctl config save -o /root/config.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opt.dryRun && opt.output != "" {
				return usage(cmd, "--dry-run and -o exclude each other")
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			return a.saveConfig(cmd.Context(), c, opt)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&opt.dryRun, "dry-run", false, "print what would be edited, as a unified diff")
	f.StringVarP(&opt.output, "output", "o", "", "leave the file as it is and write to `FILE`")
	f.BoolVar(&opt.force, "force", false, "write even if the file was edited since the manager read it")
	a.quietFlag(cmd)
	return cmd
}

func (a *app) saveConfig(ctx context.Context, c *client.Client, opt saveOptions) error {
	status, err := c.Status(ctx)
	if err != nil {
		return err
	}
	own := a.configFiles(nil)
	if len(status.Files) == 0 {
		return errors.New("the manager does not tell which file it reads; name one with kresctl config get FILE")
	}
	if err := checkFiles(own, status.Files); err != nil {
		return err
	}
	value, etag, err := c.Get(ctx, "")
	if err != nil {
		return err
	}
	running, err := config.Parse("running configuration", value)
	if err != nil {
		return err
	}
	if running.Redacted().ETag() == running.ETag() && bytes.Contains(value, []byte(`"`+config.RedactedText+`"`)) {
		return errors.New("the manager does not show you the secrets of the configuration, so that it cannot be saved; ask as somebody who may change it")
	}
	files, err := readForSave(own)
	if err != nil {
		return err
	}
	if opt.output != "" && len(files) > 1 {
		return errors.New("the configuration comes from several files; -o writes one")
	}
	names := strings.Join(own, " + ")
	texts := make([][]byte, len(files))
	docs := make([]*config.Document, len(files))
	for i, f := range files {
		texts[i], docs[i] = f.text, f.doc
	}
	combined, err := config.Combine(docs...)
	if err != nil {
		return err
	}
	if combined.ETag() != status.FileETag && combined.ETag() != etag && !opt.force {
		return fmt.Errorf("%s was edited since the manager read it; apply that with kresctl reload, or write over it with --force", names)
	}
	saved, err := config.SaveFiles(texts, running)
	if err != nil {
		return fmt.Errorf("cannot save in %s: %w", names, err)
	}
	if opt.output != "" {
		return a.write(opt.output, saved[0])
	}
	edited := 0
	for i, f := range files {
		if bytes.Equal(f.text, saved[i]) {
			continue
		}
		edited++
		if opt.dryRun {
			if err := a.write("", diff.Diff(f.name, f.text, f.name, saved[i])); err != nil {
				return err
			}
			continue
		}
		if err := durable.Save(f.name, saved[i], durable.Options{Was: f.text}); err != nil {
			if errors.Is(err, fs.ErrPermission) {
				return fmt.Errorf("cannot save in %s: %w; who may write there can", f.name, withoutPath(err))
			}
			return fmt.Errorf("cannot save in %s: %w", f.name, withoutPath(err))
		}
		if !a.quiet {
			fmt.Fprintf(a.stdout, "saved in %s\n", f.name)
		}
	}
	if edited == 0 && !a.quiet {
		fmt.Fprintln(a.stdout, "nothing to save: the file says what runs")
	}
	if opt.dryRun || edited == 0 && !status.FileDiffers {
		return nil
	}
	return a.tellSaved(ctx, c, etag)
}

// tellSaved has the manager read the file, which says what runs. It must not
// undo what was changed meanwhile.
func (a *app) tellSaved(ctx context.Context, c *client.Client, etag string) error {
	_, err := c.Reload(ctx, false, client.ChangeOptions{IfMatch: etag})
	var refused *client.Error
	if errors.As(err, &refused) && refused.Problem.Kind == api.KindPrecondition {
		fmt.Fprintln(a.stderr, "kresctl: the configuration was changed again meanwhile; that is not in the file")
		return nil
	}
	return err
}

// readForSave reads the configuration files.
func readForSave(paths []string) ([]source, error) {
	files := make([]source, len(paths))
	for i, path := range paths {
		text, err := readRegular(path)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", path, withoutPath(err))
		}
		doc, err := config.Parse(path, text)
		if err != nil {
			return nil, err
		}
		files[i] = source{path, text, doc}
	}
	return files, nil
}
