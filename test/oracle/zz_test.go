// SPDX-License-Identifier: Apache-2.0

package oracle

var viewCases, localDataCases, ruleCases, forwardCases, cacheCases, dnssecCases, miscCases []testCase
