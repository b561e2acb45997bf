package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
)

// repositories is the part of ECR that gives an image one more tag.
type repositories interface {
	BatchGetImage(context.Context, *ecr.BatchGetImageInput, ...func(*ecr.Options)) (*ecr.BatchGetImageOutput, error)
	PutImage(context.Context, *ecr.PutImageInput, ...func(*ecr.Options)) (*ecr.PutImageOutput, error)
}

// ecrImage matches an image in ECR: its registry, repository and digest.
var ecrImage = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/([^@]+)@(sha256:[0-9a-f]{64})$`)

// Keep implements cloud: it moves the tag env-ENV-NAME of each repository to the
// release's image. infra/images.json.tftpl keeps images with such a tag for
// ever. Images of another registry have no tag.
func (a *account) Keep(ctx context.Context, name string, r Release) error {
	for _, image := range []*string{r.Images.API, r.Images.Worker, r.Images.Frontend} {
		if image == nil {
			continue
		}
		if parts := ecrImage.FindStringSubmatch(*image); parts != nil {
			if err := a.tag(ctx, parts[1], parts[2], parts[3], "env-"+a.environment+"-"+name); err != nil {
				return fmt.Errorf("tag %s: %w", *image, err)
			}
		}
	}
	return nil
}

func (a *account) tag(ctx context.Context, registry, repository, digest, tag string) error {
	got, err := a.repositories.BatchGetImage(ctx, &ecr.BatchGetImageInput{
		RegistryId: aws.String(registry), RepositoryName: aws.String(repository),
		ImageIds: []ecrtypes.ImageIdentifier{{ImageDigest: aws.String(digest)}},
		AcceptedMediaTypes: []string{
			"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
			"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
		},
	})
	if err != nil {
		return err
	}
	if len(got.Images) == 0 {
		reason := "ECR gives no reason"
		if len(got.Failures) > 0 {
			reason = aws.ToString(got.Failures[0].FailureReason)
		}
		return errors.New("it is not in its repository: " + reason)
	}
	_, err = a.repositories.PutImage(ctx, &ecr.PutImageInput{
		RegistryId: aws.String(registry), RepositoryName: aws.String(repository), ImageTag: aws.String(tag),
		ImageManifest: got.Images[0].ImageManifest, ImageManifestMediaType: got.Images[0].ImageManifestMediaType,
	})
	var already *ecrtypes.ImageAlreadyExistsException
	var immutable *ecrtypes.ImageTagAlreadyExistsException
	switch {
	case errors.As(err, &already): // with this tag
		return nil
	case errors.As(err, &immutable):
		return fmt.Errorf("the repository does not let %s move: apply the stack that made it: %w", tag, err)
	}
	return err
}
