// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"

	"github.com/spf13/cobra"

	"kresd-manager/units"
)

// elsewhere are names of units of a manager that was started with --name. This program
// does not know that name: the manager judges them.
var elsewhere = regexp.MustCompile(`^kres(d|-component)-[a-z0-9-]+@[a-z0-9-]+(\.service)?$`)

// unitArg reads an argument that names a unit.
func unitArg(cmd *cobra.Command, typed string) (string, error) {
	if elsewhere.MatchString(typed) {
		return typed, nil
	}
	unit, err := units.ParseName(typed)
	if err != nil {
		return "", usage(cmd, "%v", err)
	}
	return unit, nil
}

// unitArgs reads arguments that name units.
func unitArgs(cmd *cobra.Command, args []string) (named []string, err error) {
	for _, arg := range args {
		unit, err := unitArg(cmd, arg)
		if err != nil {
			return nil, err
		}
		named = append(named, unit)
	}
	return named, nil
}
