// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

/// @title IDepositRouter
/// @notice A deposit into a vault in one transaction, for tokens with EIP-2612 permits. The router moves tokens of its
/// caller alone, keeps none between two calls, and leaves no allowance to anybody.
interface IDepositRouter {
    /// @notice Fewer shares than asked for: a reward arrived meanwhile, or the amount is too small.
    error FewerShares();
    /// @notice The permit does not hold, and the caller has not allowed the router that much otherwise.
    error PermitRefused();
    /// @notice Not a vault of the router's registry.
    error VaultUnknown();

    function registry() external view returns (address);
    function token() external view returns (address);

    /// @notice Deposits `assets` of the caller in `vault` for `receiver`. `deadline`, `v`, `r`, `s`: the caller's permit
    /// of exactly `assets` to this router. A permit that somebody else has used up first does no harm.
    /// @return shares what `receiver` got.
    function depositWithPermit(
        address vault,
        uint256 assets,
        address receiver,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 shares);

    /// @notice The same, and reverts for fewer than `minShares`. Shares never get cheaper by a deposit or an exit of
    /// others; a reward makes them dearer, a slash cheaper.
    function depositAtLeastWithPermit(
        address vault,
        uint256 assets,
        uint256 minShares,
        address receiver,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 shares);
}
