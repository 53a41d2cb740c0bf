"""Who someone is: joining, roles, signing in, proving an address, blocks, operators.

Hides: how passwords are kept (argon2id), what tokens look like and how they rotate,
what the links in mails prove, and in which one spelling an address is known. Others
get an account and ask it what it may do.
"""

from jobbing_api.accounts import models as models
from jobbing_api.accounts.blocks import block as block
from jobbing_api.accounts.blocks import blocked_ids as blocked_ids
from jobbing_api.accounts.blocks import unblock as unblock
from jobbing_api.accounts.endings import end_all as end_all
from jobbing_api.accounts.endings import sign_out as sign_out
from jobbing_api.accounts.favourites import favour as favour
from jobbing_api.accounts.favourites import favourites as favourites
from jobbing_api.accounts.favourites import unfavour as unfavour
from jobbing_api.accounts.operators import make_operator as make_operator
from jobbing_api.accounts.operators import operator_markets as operator_markets
from jobbing_api.accounts.operators import operators_of as operators_of
from jobbing_api.accounts.operators import refuse_onlooker as refuse_onlooker
from jobbing_api.accounts.passwords import digest as password_hash
from jobbing_api.accounts.people import UNCHANGED as UNCHANGED
from jobbing_api.accounts.people import add_role as add_role
from jobbing_api.accounts.people import by_ids as by_ids
from jobbing_api.accounts.people import get as get
from jobbing_api.accounts.people import sign_up as sign_up
from jobbing_api.accounts.people import update as update
from jobbing_api.accounts.phones import request_phone_code as request_phone_code
from jobbing_api.accounts.phones import verify_phone as verify_phone
from jobbing_api.accounts.proofs import request_password_reset as request_password_reset
from jobbing_api.accounts.proofs import request_verification as request_verification
from jobbing_api.accounts.proofs import reset_password as reset_password
from jobbing_api.accounts.proofs import verify_email as verify_email
from jobbing_api.accounts.signing_in import SignedIn as SignedIn
from jobbing_api.accounts.signing_in import authenticate as authenticate
from jobbing_api.accounts.signing_in import forget_expired as forget_expired
from jobbing_api.accounts.signing_in import refresh as refresh
from jobbing_api.accounts.signing_in import sign_in as sign_in
from jobbing_api.accounts.signing_in import sign_in_with_firebase as sign_in_with_firebase

__all__ = [
    "UNCHANGED",
    "SignedIn",
    "add_role",
    "authenticate",
    "block",
    "blocked_ids",
    "by_ids",
    "end_all",
    "favour",
    "favourites",
    "forget_expired",
    "get",
    "make_operator",
    "models",
    "operator_markets",
    "operators_of",
    "password_hash",
    "refresh",
    "refuse_onlooker",
    "request_password_reset",
    "request_phone_code",
    "request_verification",
    "reset_password",
    "sign_in",
    "sign_in_with_firebase",
    "sign_out",
    "sign_up",
    "unblock",
    "unfavour",
    "update",
    "verify_email",
    "verify_phone",
]
