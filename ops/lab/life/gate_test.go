//go:build !lab

package life

// whole is whether all sets of names and all divergences are tried. The gate tries a few.
const whole = false
