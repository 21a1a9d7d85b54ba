// SPDX-License-Identifier: AGPL-3.0-only
pragma solidity 0.8.30;

import {ERC20} from "solmate/src/tokens/ERC20.sol";

interface ILentVault {
    function asset() external view returns (ERC20);
    function prover() external view returns (address);
    function convertToAssets(uint256 shares) external view returns (uint256);
    function transfer(address to, uint256 shares) external returns (bool);
    function transferFrom(address from, address to, uint256 shares) external returns (bool);
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256);
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256);
    function redeem(uint256 shares, address receiver, address controller) external returns (uint256);
}

interface ILentRegistry {
    function vaultOf(address prover) external view returns (address);
}

/// @notice The queue of one liquidation: a controller of its own.
contract Liquidation {
    address private immutable _lender = msg.sender;
    ILentVault private immutable _vault;

    constructor(ILentVault vault) {
        _vault = vault;
    }

    function start(uint256 shares) external {
        _vault.requestRedeem(shares, address(this), address(this));
    }

    function finish() external returns (uint256 assets) {
        assets = _vault.redeem(_vault.claimableRedeemRequest(0, address(this)), _lender, address(this));
    }
}

/// @notice Lends the staking token against shares, written from contracts/INTEGRATORS.md alone: an outsider's
/// contract, with an outsider's view of the interface.
contract ShareLender {
    uint256 private constant LENDABLE_BPS = 5000;
    uint256 private constant LIQUIDATED_BPS = 7500;

    struct Loan {
        uint256 shares;
        uint256 debt;
        Liquidation liquidation;
    }

    ILentRegistry private immutable _registry;
    mapping(address vault => mapping(address borrower => Loan)) public loans;

    constructor(ILentRegistry registry) {
        _registry = registry;
    }

    function borrow(ILentVault vault, uint256 shares, uint256 amount) external {
        require(_registry.vaultOf(vault.prover()) == address(vault), "not a vault");
        vault.transferFrom(msg.sender, address(this), shares);
        Loan storage loan = loans[address(vault)][msg.sender];
        loan.shares += shares;
        loan.debt += amount;
        require(loan.debt <= vault.convertToAssets(loan.shares) * LENDABLE_BPS / 10_000, "too much");
        vault.asset().transfer(msg.sender, amount);
    }

    function repay(ILentVault vault) external {
        Loan memory loan = loans[address(vault)][msg.sender];
        delete loans[address(vault)][msg.sender];
        vault.asset().transferFrom(msg.sender, address(this), loan.debt);
        vault.transfer(msg.sender, loan.shares);
    }

    function liquidate(ILentVault vault, address borrower) external {
        Loan storage loan = loans[address(vault)][borrower];
        require(loan.debt > vault.convertToAssets(loan.shares) * LIQUIDATED_BPS / 10_000, "healthy");
        loan.liquidation = new Liquidation(vault);
        vault.transfer(address(loan.liquidation), loan.shares);
        loan.liquidation.start(loan.shares);
        loan.shares = 0;
    }

    function settle(ILentVault vault, address borrower) external returns (uint256 assets) {
        Loan storage loan = loans[address(vault)][borrower];
        assets = loan.liquidation.finish();
        uint256 surplus = assets > loan.debt ? assets - loan.debt : 0;
        delete loans[address(vault)][borrower];
        vault.asset().transfer(borrower, surplus);
    }
}
