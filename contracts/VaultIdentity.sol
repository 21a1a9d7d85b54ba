// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {IProverVault} from "./interfaces/IProverVault.sol";
import {VaultParameters} from "./interfaces/IVaultFactory.sol";
import {ERC20} from "solmate/src/tokens/ERC20.sol";
import {ERC4626} from "solmate/src/tokens/ERC4626.sol";

/// @title VaultIdentity
/// @notice What a vault is from its first moment and stays: whose, for which token, under which terms.
abstract contract VaultIdentity is ERC4626, IProverVault {
    address public immutable prover;
    address public immutable registry;
    uint256 public immutable unbondingDelay;
    uint256 public immutable vestingPeriod;
    uint256 public immutable minSelfStake;

    constructor(VaultParameters memory parameters)
        ERC4626(
            ERC20(parameters.asset),
            string.concat("Provender Vault 0x", _shortHex(parameters.prover)),
            string.concat("pv-", _shortHex(parameters.prover))
        )
    {
        prover = parameters.prover;
        registry = parameters.registry;
        unbondingDelay = parameters.unbondingDelay;
        vestingPeriod = parameters.vestingPeriod;
        minSelfStake = parameters.minSelfStake;
    }

    /// @dev The first four bytes of `account` as eight hexadecimal digits.
    function _shortHex(address account) private pure returns (string memory) {
        bytes memory digits = new bytes(8);
        for (uint256 i; i < 8; ++i) {
            digits[i] = bytes16("0123456789abcdef")[(uint160(account) >> (156 - 4 * i)) & 15];
        }
        return string(digits);
    }
}
