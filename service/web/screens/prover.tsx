export default function Prover({ address }: { address: string }) {
  return <h1>{address}</h1>;
}
