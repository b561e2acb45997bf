package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// invalidate has CloudFront forget all paths, which counts as one. It is the
// one call to CloudFront: its package of the SDK is large.
func (a *account) invalidate(ctx context.Context, distribution string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	base := "https://cloudfront.amazonaws.com"
	if a.cfg.BaseEndpoint != nil {
		base = strings.TrimSuffix(aws.ToString(a.cfg.BaseEndpoint), "/")
	}
	body := `<InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>` + strconv.FormatInt(time.Now().UnixNano(), 10) +
		`</CallerReference><Paths><Quantity>1</Quantity><Items><Path>/*</Path></Items></Paths></InvalidationBatch>`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/2020-05-31/distribution/"+distribution+"/invalidation", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/xml")
	credentials, err := a.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return fmt.Errorf("AWS' credentials: %w", err)
	}
	sum := sha256.Sum256([]byte(body))
	// CloudFront is global, and signs as us-east-1.
	if err := v4.NewSigner().SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), "cloudfront", "us-east-1", time.Now()); err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("invalidate %s: %s", distribution, res.Status)
	}
	return nil
}
