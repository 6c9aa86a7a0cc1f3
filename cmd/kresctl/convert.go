// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/judge"
	"kresd-manager/internal/present"
	"kresd-manager/internal/source"
)

// convertOptions are the flags of kresctl convert.
type convertOptions struct {
	from, to string
	process  string // --type
	output   string
	strict   bool
	user     string
}

func (a *app) convertCommand() *cobra.Command {
	var opt convertOptions
	cmd := &cobra.Command{
		Use:   "convert [--type worker|policy-loader | --to yaml|json|toml] [-o FILE] [FILE… | -]",
		Short: "print a configuration as Lua or in another format",
		Long: `Print the Lua that the manager would write for the workers or, with --type
policy-loader, for the policy-loader. The configuration must be valid.

With --to, print the configuration itself as YAML, JSON or TOML; it need not be
valid. Keys keep their order and values stay the same. Comments survive only if
the format stays the same; if some are lost, standard error says so. TOML has no
null and no integers of more than 64 bits: they are refused, with their place.

Several files are combined as in kresctl validate; - is standard input. --from
refuses files in another format, and without --to means --to yaml.

Exit status: 0 done; 1 not valid, not readable, or not possible in that format;
2 wrong usage.`,
		Example: `  kresctl convert --type policy-loader config.yaml
  kresctl convert --to toml -o config.toml config.yaml
  kresctl convert --to json - <config.yaml | jq .network`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.convert(cmd, a.configFiles(args), opt)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.from, "from", "", "refuse files that are not in this `FORMAT`")
	f.StringVar(&opt.to, "to", "", "print as `FORMAT`: yaml, json or toml")
	f.StringVar(&opt.process, "type", "", "print the Lua of a `PROCESS`: worker or policy-loader")
	f.StringVarP(&opt.output, "output", "o", "", "save in `FILE`, whole or not at all")
	strictFlags(cmd, &opt.strict, &opt.user)
	return cmd
}

func (a *app) convert(cmd *cobra.Command, files []string, opt convertOptions) error {
	for _, format := range []string{opt.from, opt.to} {
		if format != "" && !slices.Contains(text.Formats, text.Format(format)) {
			return usage(cmd, "the format must be yaml, json or toml, not %q", format)
		}
	}
	if opt.process != "" && opt.to+opt.from != "" {
		return usage(cmd, "--type prints Lua and cannot be combined with --from and --to")
	}
	inspect, err := inspector(cmd, opt.strict, opt.user)
	if err != nil {
		return err
	}
	var out []byte
	if opt.to+opt.from == "" {
		out, err = a.convertToLua(cmd, files, opt.process, inspect)
	} else {
		if opt.to == "" {
			opt.to = "yaml"
		}
		if opt.strict {
			v := judge.Configuration(&a.files, files)
			inspect(&v)
			if err := a.settle(&v); err != nil {
				return err
			}
		}
		out, err = a.convertFormat(files, opt)
	}
	if err != nil {
		return err
	}
	return a.write(opt.output, out)
}

// settle prints what was found and ends the command if it was an error.
func (a *app) settle(v *judge.Verdict) error {
	if err := present.Problems(a.stderr, v.Problems.Sorted()); err != nil {
		return err
	}
	if !v.Valid() {
		return statusError(exitFailed)
	}
	return nil
}

// convertFormat prints a configuration in another format.
func (a *app) convertFormat(files []string, opt convertOptions) ([]byte, error) {
	read := make([]source.File, len(files))
	for i, file := range files {
		var err error
		if read[i], err = a.files.Read(file); err != nil {
			return nil, err
		}
	}
	out, lossy, err := source.Convert(read, text.Format(opt.from), text.Format(opt.to))
	if lossy {
		fmt.Fprintln(a.stderr, commentsLost)
	}
	return out, err
}

const commentsLost = "kresctl: comments are not kept"
