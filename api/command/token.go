package command

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/fualab/fualab/api"
	"github.com/fualab/fualab/shared/log"
	"github.com/fualab/fualab/shared/program"
)

const tokenUsage = program.UsageError(`usage: fualab-api token create --name ci [--scope read,write,admin] [--expires 90d] [--hash SHA256]
       fualab-api token list
       fualab-api token revoke ID

  --scope    read, write and admin, with commas; none contains another (default read)
  --expires  how long it is good, in days or hours such as 90d or 12h, or never (default 90d)
  --hash     the hex SHA-256 of a token made elsewhere, which then stays there; nothing is printed`)

// token prints only the new token to stdout; its description goes to stderr.
func token(ctx context.Context, args, environ []string, stdout, stderr io.Writer) (err error) {
	command, err := parseToken(args)
	if err != nil {
		return err
	}
	cfg, err := load(environ, stderr)
	if err != nil {
		return err
	}
	tokens, err := api.OpenTokens(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tokens.Close()) }()
	return command(ctx, tokens, stdout, stderr)
}

type tokenCommand func(ctx context.Context, tokens *api.Tokens, stdout, stderr io.Writer) error

func parseToken(args []string) (tokenCommand, error) {
	switch {
	case len(args) > 0 && args[0] == "create":
		return parseCreate(args[1:])
	case len(args) == 1 && args[0] == "list":
		return listTokens, nil
	case len(args) == 2 && args[0] == "revoke":
		id, err := strconv.ParseInt(args[1], 10, 64)
		if err != nil {
			return nil, program.UsageError("revoke takes the id of a token; `fualab-api token list` shows them")
		}
		return func(ctx context.Context, tokens *api.Tokens, stdout, _ io.Writer) error {
			t, err := tokens.Revoke(ctx, id)
			if err != nil {
				return err
			}
			slog.InfoContext(ctx, "token revoked", "event", log.TokenRevoked, "record", t.ID)
			_, err = fmt.Fprintf(stdout, "token %d, %q, is revoked; all instances refuse it within a second\n", t.ID, t.Name)
			return err
		}, nil
	default:
		return nil, tokenUsage
	}
}

func parseCreate(args []string) (tokenCommand, error) {
	flags := flag.NewFlagSet("create", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	name := flags.String("name", "", "")
	scope := flags.String("scope", "read", "")
	expires := flags.String("expires", "90d", "")
	made := flags.String("hash", "", "")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 || *name == "" {
		return nil, tokenUsage
	}
	life, err := parseLife(*expires)
	if err != nil {
		return nil, err
	}
	if *made != "" {
		return parseRegister(*name, *scope, life, *made)
	}
	return func(ctx context.Context, tokens *api.Tokens, stdout, stderr io.Writer) error {
		secret, t, err := tokens.Create(ctx, *name, *scope, life)
		if err != nil {
			return err
		}
		slog.InfoContext(ctx, "token created", "event", log.TokenCreated, "record", t.ID, "scopes", t.Scopes)
		_, err = fmt.Fprintf(stderr, "token %d, %q, with the scopes %s, %s; it is shown only once:\n", t.ID, t.Name, t.Scopes, until(t))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, secret)
		return err
	}, nil
}

func parseRegister(name, scope string, life time.Duration, made string) (tokenCommand, error) {
	var hash [32]byte
	decoded, err := hex.DecodeString(made)
	if copy(hash[:], decoded); err != nil || len(decoded) != len(hash) {
		return nil, program.UsageError("--hash takes the SHA-256 of the token in hex, 64 digits")
	}
	return func(ctx context.Context, tokens *api.Tokens, _, stderr io.Writer) error {
		t, err := tokens.Register(ctx, name, scope, life, hash)
		if err != nil {
			return err
		}
		slog.InfoContext(ctx, "token created", "event", log.TokenCreated, "record", t.ID, "scopes", t.Scopes)
		_, err = fmt.Fprintf(stderr, "token %d, %q, with the scopes %s, %s, was made elsewhere\n", t.ID, t.Name, t.Scopes, until(t))
		return err
	}, nil
}

// maxLife is about a century, in days.
const maxLife = 36_500

// parseLife reads the lifetime of a token; 0 is unlimited.
func parseLife(text string) (time.Duration, error) {
	if text == "never" {
		return 0, nil
	}
	unit := time.Hour
	number, ok := strings.CutSuffix(text, "h")
	if !ok {
		unit = 24 * time.Hour
		number, ok = strings.CutSuffix(text, "d")
	}
	n, err := strconv.ParseInt(number, 10, 32)
	if !ok || err != nil || n < 1 || n > maxLife {
		return 0, program.UsageError("--expires takes days or hours, such as 90d or 12h, or never")
	}
	return time.Duration(n) * unit, nil
}

func listTokens(ctx context.Context, tokens *api.Tokens, stdout, _ io.Writer) error {
	list, err := tokens.List(ctx)
	if err != nil {
		return err
	}
	for _, t := range list {
		used := "never used"
		if t.LastUsedAt != nil {
			used = "used " + t.LastUsedAt.Std().Format(time.RFC3339)
		}
		_, err := fmt.Fprintf(stdout, "%d %-20q %-16s created %s, %s, %s\n",
			t.ID, t.Name, strings.ReplaceAll(t.Scopes, " ", ","), t.CreatedAt.Std().Format(time.RFC3339), until(t), used)
		if err != nil {
			return err
		}
	}
	return nil
}

func until(t *api.Token) string {
	switch {
	case t.RevokedAt != nil:
		return "revoked " + t.RevokedAt.Std().Format(time.RFC3339)
	case t.ExpiresAt == nil:
		return "expires never"
	case !t.ExpiresAt.Std().After(time.Now()):
		return "expired " + t.ExpiresAt.Std().Format(time.RFC3339)
	default:
		return "expires " + t.ExpiresAt.Std().Format(time.RFC3339)
	}
}
