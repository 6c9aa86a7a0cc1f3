// SPDX-License-Identifier: Apache-2.0

package manager

import (
	"errors"

	"kresd-manager/internal/config"
	"kresd-manager/units"
)

// FaultOfFile reports whether it takes who wrote the configuration file to correct an
// error: the file is missing or cannot be read, what it holds is wrong, or a worker
// refuses that. To try again changes nothing.
func FaultOfFile(err error) bool {
	var problems config.Problems
	var file *config.FileError
	var step *units.StepError
	return errors.As(err, &problems) || errors.As(err, &file) || errors.As(err, &step) && step.Refused
}
