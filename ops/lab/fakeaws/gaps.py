"""Gaps of moto that belong to no service of ours, or are a line each."""
import json
import sys

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.responses import ActionResult, BaseResponse

moto_call_action = BaseResponse.call_action


def install():
    """Puts the functions of this module into moto."""
    ApplicationAutoScalingResponse.list_tags_for_resource = no_tags
    BaseResponse.call_action = call_action


def no_tags(_response):
    """Terraform asks for the tags of each scalable target; moto keeps none."""
    return ActionResult({'Tags': {}})


def call_action(response):
    """Refuses an action that moto does not have.

    moto answers with 500, which Terraform and the SDKs take for a passing trouble: they ask again for minutes.
    """
    try:
        return moto_call_action(response)
    except NotImplementedError as missing:
        message = f'fake AWS: {missing}'
        print(message, file=sys.stderr, flush=True)
        headers = {'status': 400, 'x-amzn-errortype': 'ValidationException'}
        return 400, headers, json.dumps({'__type': 'ValidationException', 'message': message})
